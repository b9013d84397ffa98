//! How much memory this process may still take, where the system tells.

use std::fs::read_to_string;

/// Bytes: what is free on the machine, within the limits of the process and of its group. None where nothing is told.
pub fn available() -> Option<u64> {
    [machine(), address_space(), group()].into_iter().flatten().min()
}

fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn machine() -> Option<u64> {
    kilobytes(&read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// `ulimit -v`, without what is taken already.
fn address_space() -> Option<u64> {
    let limits = read_to_string("/proc/self/limits").ok()?;
    let soft = limits.lines().find_map(|l| l.strip_prefix("Max address space"))?.split_whitespace().next()?;
    let taken = kilobytes(&read_to_string("/proc/self/status").ok()?, "VmSize:")?;
    Some(soft.parse::<u64>().ok()?.saturating_sub(taken))
}

/// Of a control group, version 2.
fn group() -> Option<u64> {
    let own = read_to_string("/proc/self/cgroup").ok()?;
    let path = own.lines().find_map(|l| l.strip_prefix("0::"))?;
    let number = |name: &str| -> Option<u64> {
        let text = read_to_string(format!("/sys/fs/cgroup{}/{name}", path.trim_end_matches('/'))).ok()?;
        text.trim().parse().ok()
    };
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    #[test]
    fn some_memory_is_free() {
        assert!(super::available().is_some_and(|n| n > 1 << 20));
    }
}
