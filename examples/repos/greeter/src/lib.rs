//! Says hello at the right time of day.

/// First hour of the evening.
const EVENING: u32 = 18;

/// Greets someone at an hour of the day (0 to 23).
pub fn greet(name: &str, hour: u32) -> String {
    let time = if hour < 12 {
        "morning"
    } else if hour < EVENING {
        "afternoon"
    } else {
        "evening"
    };
    format!("Good {time}, {name}!")
}

#[cfg(test)]
mod tests {
    use super::greet;

    #[test]
    fn the_greeting_follows_the_hour() {
        assert_eq!(greet("Ada", 9), "Good morning, Ada!");
        assert_eq!(greet("Ada", 17), "Good afternoon, Ada!");
        assert_eq!(greet("Ada", 18), "Good evening, Ada!");
    }
}
