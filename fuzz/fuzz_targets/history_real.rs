#![cfg_attr(fuzzing, no_main)]

bindproof_fuzz::target!("history_real");
