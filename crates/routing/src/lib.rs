//! Which brain an agent should have: the policy file, and the difficulty monitor that scores each step from what the runtime
//! saw. Pure: no I/O, no clock; it wants a rung and says why, and never applies it (a window does).
