//! Lists of CPUs, as `server-cpulist` and its kin have them, and threads that keep to them.
//!
//! ```text
//!  0,2,4-6     these five          0-10:2     every second of these
//! ```
//! Always true: a list that names no CPU of the machine changes nothing.
//! Not here: threads of the pool — `russet_reactor::Affinity`.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The CPUs of a list; `None` if it is empty or malformed.
pub(crate) fn parse(list: &str) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in list.split(',') {
        let (range, step) = part.split_once(':').unwrap_or((part, "1"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let (first, last, step) = (number(first)?, number(last)?, number(step)?);
        if step == 0 || last < first || last >= CpuSet::MAX_CPU {
            return None;
        }
        cpus.extend((first..=last).step_by(step));
    }
    Some(cpus)
}

/// The CPUs that this thread may use.
pub(crate) fn current() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap_or_default();
    (0..CpuSet::MAX_CPU)
        .filter(|&cpu| set.is_set(cpu))
        .collect()
}

/// Keeps this thread to some CPUs; false if the system refuses.
pub(crate) fn keep_to(cpus: &[usize]) -> bool {
    let mut set = CpuSet::new();
    cpus.iter().for_each(|&cpu| set.set(cpu));
    sched_setaffinity(None, &set).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_cpus_ranges_and_steps() {
        assert_eq!(parse("0,2,4-6"), Some(vec![0, 2, 4, 5, 6]));
        assert_eq!(parse("0-10:4"), Some(vec![0, 4, 8]));
        assert_eq!(parse(" 1 , 3"), Some(vec![1, 3]));
        for malformed in ["", "a", "1-", "0-5:0", "5-1", "0-99999999", "-1"] {
            assert_eq!(parse(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn a_thread_keeps_to_the_cpus_it_has() {
        let cpus = current();
        assert!(keep_to(&cpus));
        assert_eq!(current(), cpus);
        assert!(!keep_to(&[]));
    }
}
