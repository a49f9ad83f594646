//! Where things come from: environment, folders, the user's files, keys, the project's files and whether they are trusted.

pub(crate) mod context;
pub(crate) mod files;
pub(crate) mod guards;
pub(crate) mod home;
mod keyring;
pub(crate) mod lanes;
pub(crate) mod lock;
pub(crate) mod policy;
pub(crate) mod policy_models;
pub(crate) mod providers;
pub(crate) mod repository;
pub(crate) mod secrets;
pub(crate) mod teams;
pub(crate) mod trust;
mod unlisted;

pub(crate) use context::Context;
