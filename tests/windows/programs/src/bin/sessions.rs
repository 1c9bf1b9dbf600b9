//! Fails one dispatch, then one after each of its arguments, which are commands to the recorder.

use windows_programs::{Recorder, builder, fail, run};

fn main() {
    run(builder(), |_, _| {
        fail!(error = "at the start");
        let commands: Vec<String> = std::env::args().skip(1).collect();
        if commands.is_empty() {
            return;
        }
        let mut recorder = Recorder::connect();
        for (number, command) in commands.iter().enumerate() {
            recorder.tell(&format!("mark {number}"));
            recorder.tell(command);
            fail!(error = command.as_str());
        }
    });
}
