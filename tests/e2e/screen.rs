//! `agent chat` as a person has it before them: the program in a real terminal (tmux), its models played by the simulator.
//!
//! What a person reads and what reaches files and models is looked at, never how the screen is made.

mod approval;
mod commands;
mod composer;
mod delegation;
mod hostile;
mod leaving;
mod plainly;
mod play;
mod sizes;
mod talking;
mod tmux;
