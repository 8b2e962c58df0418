#![cfg_attr(fuzzing, no_main)]

bindproof_fuzz::target!("bind_sockets_simulated");
