#![cfg_attr(fuzzing, no_main)]

bindproof_fuzz::target!("canary");
