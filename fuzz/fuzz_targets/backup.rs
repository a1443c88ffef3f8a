//! Backups: they may come from anywhere.

#![no_main]

use lectern_tenants::backup::inspect;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = inspect(bytes) {
        assert!(manifest.members.iter().any(|member| member.name == "tenant.db"));
    }
});
