//! How those who guess are slowed down.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// How many wrong passwords in a row cost nothing.
const FREE_FAILURES: u32 = 5;

/// The longest time between two guesses, in seconds.
pub const LONGEST_WAIT: u64 = 60;

/// How long to wait after so many wrong passwords in a row: not at all, then 1, 2, 4, … seconds.
pub fn wait_after(failures: u32) -> Duration {
    let Some(beyond) = failures.checked_sub(FREE_FAILURES) else {
        return Duration::ZERO;
    };
    let seconds = 1_u64.checked_shl(beyond).unwrap_or(LONGEST_WAIT);
    Duration::from_secs(seconds.min(LONGEST_WAIT))
}

/// What stands for a client: its address, or, since whoever has one address of version 6 has many, the network of that.
pub fn network(client: IpAddr) -> Ipv6Addr {
    match client.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)),
    }
}
