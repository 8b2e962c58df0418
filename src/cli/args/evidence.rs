//! What the verbs take that keep, show and compare evidence. Comments here are the help text.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::RunnerArgs;
use crate::matrix::observed::is_lane_name;

#[derive(Debug, Args)]
pub(in crate::cli) struct RecordArgs {
    /// The lane's name, such as native or linux-6.12-no-ipv6
    #[arg(long, value_name = "LANE", value_parser = lane)]
    pub(in crate::cli) lane: String,
    /// The folder that holds a folder for each lane
    #[arg(long, value_name = "DIR", default_value = "matrix/observed")]
    pub(in crate::cli) observed: PathBuf,
    /// Write the evidence here in place of the lane's folder; - is stdout
    #[arg(long, value_name = "FILE", conflicts_with = "observed")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Store evidence that was recorded elsewhere with --output; - is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "env", "release", "retries", "subject", "jobs", "timeout", "no_sandbox", "allow_network"])]
    pub(in crate::cli) from: Option<PathBuf>,
    /// An env line for every script, such as "bindv6only on"
    #[arg(long, value_name = "LINE")]
    pub(in crate::cli) env: Vec<String>,
    /// Run behaviours that differ from the model again, up to so many times; if one fits then, that
    /// run is kept and the flake is named
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(in crate::cli) retries: u32,
    /// The release of the system, where it cannot tell it itself
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) release: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) runner: RunnerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum MatrixFormat {
    Terminal,
    Html,
    Json,
    Markdown,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MatrixArgs {
    /// Only behaviours whose group/name contains one of these; up to three are shown in detail
    #[arg(value_name = "FILTER")]
    pub(in crate::cli) filters: Vec<String>,
    /// In place of the lanes: what libraries and runtimes do; FILTER is a part of a trait's name
    #[arg(long, conflicts_with_all = ["observed", "behaviours"])]
    pub(in crate::cli) runtimes: bool,
    /// Runtimes from a folder, as conform --record writes it, in place of the built-in ones
    #[arg(long, value_name = "DIR", requires = "runtimes")]
    pub(in crate::cli) recorded: Option<PathBuf>,
    /// Evidence from a folder with LANE/outcomes.txt in place of the built-in one
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) observed: Option<PathBuf>,
    /// Behaviours from a folder with group/name.sock in place of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) behaviours: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = MatrixFormat::Terminal)]
    pub(in crate::cli) format: MatrixFormat,
    /// Where it is written; - is stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(in crate::cli) output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum GateFormat {
    Terminal,
    Markdown,
    Github,
    Junit,
    Json,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GateArgs {
    /// What to run and what to compare with; flags win. Without it bindproof.toml, if it is there
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Compare recorded evidence, DIR/LANE/outcomes.txt, in place of a run on this machine
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) observed: Option<PathBuf>,
    /// Earlier evidence, DIR/LANE/outcomes.txt: an answer that was another one is a finding too
    #[arg(long, value_name = "DIR", requires = "observed")]
    pub(in crate::cli) since: Option<PathBuf>,
    /// Another recording of the same lanes; what differs and did not differ there is a flake. May be
    /// repeated
    #[arg(long, value_name = "DIR", requires = "observed")]
    pub(in crate::cli) again: Vec<PathBuf>,
    /// Only these lanes of --observed, or the lane's name for a run on this machine
    #[arg(long, value_name = "LANE", value_parser = lane)]
    pub(in crate::cli) lane: Vec<String>,
    /// Baselines from a folder in place of the built-in ones, which are about built-in behaviours
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Behaviours from a folder with group/name.sock in place of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) behaviours: Option<PathBuf>,
    /// Run what differs again, so many times; what fits then is a flake
    #[arg(long, value_name = "N", conflicts_with = "observed")]
    pub(in crate::cli) retries: Option<u32>,
    /// Add what is new to the baselines, with --reason and --link; what differs otherwise is printed
    #[arg(long, requires = "reason", requires = "link", conflicts_with_all = ["since", "format", "output"])]
    pub(in crate::cli) update: bool,
    /// With --update: only what is new in behaviours that contain this
    #[arg(long, value_name = "FILTER", requires = "update")]
    pub(in crate::cli) only: Option<String>,
    /// With --update: why the new deviations are borne
    #[arg(long, value_name = "TEXT", value_parser = not_blank, requires = "update")]
    pub(in crate::cli) reason: Option<String>,
    /// With --update: where that can be read
    #[arg(long, value_name = "URL", value_parser = not_blank, requires = "update")]
    pub(in crate::cli) link: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = GateFormat::Terminal)]
    pub(in crate::cli) format: GateFormat,
    /// Where it is written; - is stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(in crate::cli) output: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) runner: RunnerArgs,
}

fn not_blank(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("expected some text".into()),
        text => Ok(text.to_string()),
    }
}

fn lane(text: &str) -> Result<String, String> {
    if is_lane_name(text) {
        return Ok(text.to_string());
    }
    Err("expected lower case letters, digits, dots and dashes, such as linux-6.12".into())
}
