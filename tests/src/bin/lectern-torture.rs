//! `cargo xtask torture`: runs trials at length and prints their figures as a table.

use std::process::ExitCode;
use std::time::Instant;

use lectern_tests::torture::{Figure, Size, TRIALS, Trial, trial};

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let mut trials: Vec<&Trial> = Vec::new();
    for name in &names {
        match trial(name) {
            Some(trial) => trials.push(trial),
            None => {
                let known: Vec<&str> = TRIALS.iter().map(|trial| trial.name).collect();
                eprintln!("there is no trial {name:?}; there are: {}", known.join(", "));
                return ExitCode::from(2);
            }
        }
    }
    if names.is_empty() {
        trials = TRIALS.iter().collect();
    }
    let mut figures: Vec<Figure> = Vec::new();
    for trial in trials {
        eprintln!("\n== {}: {}", trial.name, trial.about);
        let started = Instant::now();
        figures.extend((trial.run)(Size::Long));
        eprintln!("{}: {:.0} s", trial.name, started.elapsed().as_secs_f32());
    }
    println!("\n{:<72} {:>16} {:>16}", "what", "measured", "to reach");
    for figure in &figures {
        println!("{figure}");
    }
    if figures.iter().all(|figure| figure.reached) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
