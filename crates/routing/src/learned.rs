//! What the recorded outcomes of earlier tasks say before a task is begun: the probability of success in each lane, with a
//! confidence, and a bandit that learns from what came out. Small models on features made here; nothing is downloaded, nothing is
//! read or written here, and random numbers come from the caller, so that everything is the same when it is done again.

mod bandit;
mod cost;
mod error;
mod evaluate;
mod experience;
mod features;
mod lane;
mod logistic;
mod measure;
mod model;
mod normal;
mod say;
#[cfg(test)]
mod testing;

pub use bandit::{Bandit, Draw, Exploration, Prospects};
pub use cost::CostModel;
pub use error::LearnError;
pub use evaluate::{Estimate, Promotion, PromotionRules, Standing, Worth, compare, promote, roll_back};
pub use experience::{Ending, Experience};
pub use features::{Features, TaskFacts, ToolNeeds, features_hash};
pub use lane::{Evidence, LaneModel, Prediction};
pub use logistic::Logistic;
pub use measure::{Interval, apgr, auc, bootstrap};
pub use model::{Aim, Because, Choice, RouterModel, TrainSettings};
pub use say::{Advisers, Said, features_of, set_aside};
