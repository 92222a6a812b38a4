//! What a case of the load cost, as one line.

use std::time::Duration;

/// What a case cost.
pub struct Outcome {
    pub participants: u64,
    pub expected: f64,
    pub heard: u64,
    pub took: Duration,
    /// Seconds.
    pub cpu: f64,
    pub in_kernel: f64,
    pub latencies: Vec<u32>,
    pub memory_kb: u64,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let percentile = |share: f64| {
            let index = (latencies.len() as f64 * share) as usize;
            latencies.get(index.min(latencies.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        let packets = self.heard.max(1) as f64;
        write!(
            formatter,
            "{:.2} us server CPU per forwarded packet ({:.0} % in the kernel), {:.0} packets/s forwarded, \
             {:.2} % delivered, latency p50 {} us, p99 {} us, max {} us, {} kB per participant",
            self.cpu * 1e6 / packets,
            self.in_kernel * 100.0,
            packets / self.took.as_secs_f64(),
            self.heard as f64 * 100.0 / self.expected.max(1.0),
            percentile(0.5),
            percentile(0.99),
            latencies.last().copied().unwrap_or(0),
            self.memory_kb / self.participants.saturating_sub(1).max(1),
        )
    }
}
