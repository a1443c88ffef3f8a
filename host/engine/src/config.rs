//! The configuration of wasmtime, and why it is that way.

use crate::settings::Settings;
use std::fs;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Bytes of a linear memory that stay resident when its instance ends, so that the next one in the same slot has no page
/// faults. They are reset to the component's initial image in any case. Where the kernel does not say which pages are dirty, all
/// of them would have to be written each time, which takes longer than the page faults: there it is nothing.
const KEEP_RESIDENT: usize = 1 << 20;

/// Core modules that make up one component. A Rust component has about five; composed ones are the sum of their parts.
const CORE_INSTANCES_PER_COMPONENT: u32 = 64;

/// How the memory of a finished instance is made ready for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageReset {
    /// The kernel is asked for the dirty pages (`PAGEMAP_SCAN`), only these are reset. Saves
    /// about ten microseconds per request.
    Scan,
    /// The pages are given back to the kernel. Used wherever the host has swap: wasmtime 48 takes a dirty page that has been
    /// swapped out for a clean one, so the next instance in the slot, maybe another tenant's, could read it.
    Decommit,
}

/// Decides by what the host says about its swap space; an unreadable answer counts as swap. Swap that is switched on while the
/// server runs is not noticed: see SECURITY.md.
pub fn page_reset() -> PageReset {
    match fs::read_to_string("/proc/swaps") {
        Ok(swaps) if has_no_swap(&swaps) => PageReset::Scan,
        _ => PageReset::Decommit,
    }
}

/// `/proc/swaps` is a heading followed by one line for each swap area.
fn has_no_swap(swaps: &str) -> bool {
    swaps.starts_with("Filename") && swaps.lines().skip(1).all(|line| line.trim().is_empty())
}

/// The configuration of the engine. With `page_reset` as [`PageReset::Scan`] an engine can be refused by a kernel older than 6.7.
pub(crate) fn config(settings: &Settings, page_reset: PageReset) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(settings.instances)
        .total_stacks(settings.instances)
        .total_core_instances(settings.instances.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
        .total_memories(settings.instances.saturating_mul(2))
        .total_tables(settings.instances.saturating_mul(4))
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(8)
        .max_tables_per_component(32)
        .max_memory_size(settings.instance_memory)
        .max_unused_warm_slots(settings.instances);
    match page_reset {
        PageReset::Scan => pool
            .pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(KEEP_RESIDENT),
        PageReset::Decommit => pool.pagemap_scan(Enabled::No).linear_memory_keep_resident(0),
    }
    .table_keep_resident(4 << 10);

    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_init_cow(true)
        .epoch_interruption(true)
        // Handlers speak WASI 0.2: the bookkeeping for concurrent calls into one instance is not needed.
        .concurrency_support(false)
        .wasm_component_model(true)
        .parallel_compilation(true);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_with_only_the_heading_has_no_swap() {
        assert!(has_no_swap("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"));
    }

    #[test]
    fn a_host_with_a_swap_area_has_swap_even_if_unused() {
        let swaps = "Filename Type Size Used Priority\n/dev/zram0 partition 8388604 0 100\n";
        assert!(!has_no_swap(swaps));
    }

    #[test]
    fn an_answer_that_is_not_understood_counts_as_swap() {
        assert!(!has_no_swap(""));
        assert!(!has_no_swap("something else\n"));
    }
}
