//! The samples of an event as a drawing of characters.
//!
//! ```text
//!  command - high 500 ms, low 250 ms (all time high 500 ms)
//!  --------------------------------------------------------------------------------
//!   #     heights between the lowest and the highest sample, four lines of three steps
//!  o|
//!  ||
//!  ||
//!
//!  11     how long ago, from top to bottom: 11s, 1m
//!  1m
//!  s
//! ```
//! Always true: a drawing is 80 columns wide at most; more samples continue below.

use crate::latency::{Sample, Series};

/// How many samples stand side by side.
const WIDTH: usize = 80;

/// How many lines high a drawing is.
const HEIGHT: u64 = 4;

/// The steps within a line, from low to high.
const STEPS: [char; 3] = ['_', 'o', '#'];

/// Draws a series.
pub(super) fn draw(series: &Series, now_s: i64) -> String {
    let samples: Vec<Sample> = series.samples().collect();
    let durations = || samples.iter().map(|sample| sample.took_ms);
    let (low, high) = (
        durations().min().unwrap_or_default(),
        durations().max().unwrap_or_default(),
    );
    let mut text = format!(
        "{} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        series.event.name(),
        series.longest_ms,
        "-".repeat(WIDTH)
    );
    for part in samples.chunks(WIDTH) {
        draw_part(part, (low, high), now_s, &mut text);
    }
    text
}

fn draw_part(samples: &[Sample], bounds: (u64, u64), now_s: i64, text: &mut String) {
    for line in (0..HEIGHT).rev() {
        for sample in samples {
            text.push(sign(level(sample.took_ms, bounds), line));
        }
        text.push('\n');
    }
    text.push('\n');
    let ages: Vec<String> = samples
        .iter()
        .map(|sample| age(now_s - sample.at_s))
        .collect();
    let lines = ages.iter().map(String::len).max().unwrap_or_default();
    for line in 0..lines {
        for age in &ages {
            text.push(age.as_bytes().get(line).map_or(' ', |&byte| byte.into()));
        }
        text.push('\n');
    }
}

/// The steps that a duration is high.
fn level(took_ms: u64, (low, high): (u64, u64)) -> u64 {
    let steps = HEIGHT * STEPS.len() as u64;
    let above = u128::from(took_ms.saturating_sub(low)) * u128::from(steps);
    let level = above / u128::from((high - low).max(1));
    u64::try_from(level).unwrap_or(steps).min(steps - 1)
}

/// The character on a line, the lowest of which is 0.
fn sign(level: u64, line: u64) -> char {
    let Some(above) = level.checked_sub(line * STEPS.len() as u64) else {
        return ' ';
    };
    let above = usize::try_from(above).unwrap_or(usize::MAX);
    STEPS.get(above).copied().unwrap_or('|')
}

/// A time in the largest unit that it has one of.
fn age(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86_400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latency::{Event, Latency};

    #[test]
    fn heights_are_between_the_lowest_and_the_highest_sample() {
        let mut latency = Latency::default();
        for (at_s, took_ms) in [(0, 10), (40, 20), (50, 110)] {
            latency.push(Event::Command, Sample { at_s, took_ms });
        }
        let text = draw(latency.find(b"command").unwrap(), 62);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "command - high 110 ms, low 10 ms (all time high 110 ms)"
        );
        assert_eq!(lines[1].len(), 80);
        assert_eq!(
            lines[2..],
            ["  #", "  |", "  |", "_o|", "", "121", "m22", " ss"]
        );
    }

    #[test]
    fn samples_beyond_the_width_continue_below() {
        let mut latency = Latency::default();
        for at_s in 0..100 {
            latency.push(Event::Command, Sample { at_s, took_ms: 5 });
        }
        let text = draw(latency.find(b"command").unwrap(), 100_000);
        let widths: Vec<usize> = text.lines().skip(2).map(str::len).collect();
        assert_eq!(
            widths,
            [80, 80, 80, 80, 0, 80, 80, 20, 20, 20, 20, 0, 20, 20]
        );
    }
}
