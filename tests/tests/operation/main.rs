//! What needs a server or a data folder of its own: the command line, health, handlers that break the rules and
//! handlers that take the place of others, slowing down those who guess passwords, importing, requests that take their time, what
//! the operator gets to know about requests.

mod access_log;
mod audit;
mod backup;
mod command_line;
mod components;
mod configuration;
mod damaged;
mod disk_full;
mod doctor;
mod erase;
mod guessing;
mod health;
mod hot_swap;
mod import_schedule;
mod many_recordings;
mod memory;
mod metrics;
mod migrations;
mod misbehaving;
mod one_tenant;
mod properties;
mod proxies;
mod readers;
mod restore;
mod security_page;
mod server_timing;
mod signing;
mod spin;
mod statistics_import;
mod stopping;
mod tenancy;
mod tls;
mod traces;
mod uploads;
mod workflows;
