#![cfg_attr(fuzzing, no_main)]

bindproof_fuzz::target!("cli_arguments");
