//! A LiteLLM file: groups of models under one name are lanes, weights their shares, fallbacks the edges between them. Keys stay in
//! the environment: a file names the variable, and what is read here is only whether it is set.

use std::collections::BTreeMap;

use catalogue::yaml::Path;
use protocol::TaskType;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Lookup;
use super::error::{Mistake, PolicyError, did_you_mean};
use super::file::strictly;
use super::published::Published;

/// How a variable is named in such files.
const VARIABLE: &str = "os.environ/";

/// Retries where the file says nothing.
const RETRIES: u32 = 2;

/// Prompts of a group whose file says nothing of their size.
const CONTEXT: u64 = 120_000;

/// Score that ends the first lane, and how many scores each lane between has.
const FIRST_LIMIT: usize = 6;
const STEP: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    model_list: Vec<Entry>,
    router_settings: Router,
    litellm_settings: Router,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    model_name: String,
    litellm_params: Params,
    model_info: Info,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    model: Option<String>,
    api_key: Option<String>,
    weight: Option<u32>,
    rpm: Option<u32>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info {
    max_input_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Router {
    routing_strategy: Option<String>,
    num_retries: Option<u32>,
    fallbacks: Option<Vec<BTreeMap<String, Vec<String>>>>,
    context_window_fallbacks: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

type Edges = BTreeMap<String, Vec<String>>;

/// Reads the file.
pub(super) fn read(text: &str, source: &str, variable: Lookup<'_>) -> Result<Published, PolicyError> {
    let file: File = strictly(text, source)?;
    translate(&file, variable).map_err(|mistake| mistake.placed(text, source))
}

fn translate(file: &File, variable: Lookup<'_>) -> Result<Published, Mistake> {
    let mut notes = Vec::new();
    let groups = groups(&file.model_list, variable, &mut notes)?;
    let (on_failure, on_context) = all_edges(file, &groups)?;
    left_out(file, &mut notes);
    let ordered: Vec<&Group> = cheap_to_strong(&groups, &on_failure).iter().filter_map(|at| groups.get(*at)).collect();
    let limits: Vec<usize> = (0..ordered.len() - 1).map(|lane| FIRST_LIMIT + STEP * lane).collect();
    let retries = file.router_settings.num_retries.or(file.litellm_settings.num_retries).unwrap_or(RETRIES);
    let mut values = Map::new();
    values.insert("lanes".to_owned(), ordered.iter().map(|group| group.as_lane()).collect());
    values.insert(
        "routing".to_owned(),
        json!({
            "task_types": kinds(&ordered),
            "score_limits": limits,
            "stickiness": "off",
            "fallbacks": { "num_retries": retries, "on_failure": on_failure, "on_context": on_context },
        }),
    );
    let lanes = ordered.iter().map(|group| Path::default().key("model_list").index(group.entry)).collect();
    Ok(Published { values, notes, lanes })
}

/// Simple work to the first group, ordinary and unknown work to the one in the middle, what is hard to the last.
fn kinds(ordered: &[&Group]) -> Map<String, Value> {
    use TaskType as Kind;
    let place = |kind: TaskType| match kind {
        Kind::Navigation | Kind::Search | Kind::Docstring | Kind::Reformat => 0,
        Kind::Tests | Kind::BugFix | Kind::Feature | Kind::Review | Kind::Unknown => ordered.len() / 2,
        Kind::Architecture | Kind::Refactor | Kind::Algorithm => ordered.len() - 1,
    };
    TaskType::ALL
        .into_iter()
        .filter_map(|kind| Some((kind.as_str().to_owned(), json!(ordered.get(place(kind))?.name))))
        .collect()
}

/// Where a group leads when it cannot answer, and when a prompt is too long for it.
fn all_edges(file: &File, groups: &[Group]) -> Result<(Edges, Edges), Mistake> {
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let (mut on_failure, mut on_context) = (Edges::new(), Edges::new());
    // The router's own settings go before the program's.
    for (section, router) in [("litellm_settings", &file.litellm_settings), ("router_settings", &file.router_settings)]
    {
        let at = Path::default().key(section);
        on_failure.extend(edges(router.fallbacks.as_deref(), &names, &at.key("fallbacks"))?);
        let too_long = router.context_window_fallbacks.as_deref();
        on_context.extend(edges(too_long, &names, &at.key("context_window_fallbacks"))?);
    }
    Ok((on_failure, on_context))
}

/// Models under one name.
struct Group {
    name: String,
    /// Index of its first entry.
    entry: usize,
    shares: Vec<Value>,
    context: u64,
}

impl Group {
    fn as_lane(&self) -> Value {
        let first = self.shares.first().map_or(Value::Null, |share| share["brain"].clone());
        json!({ "name": self.name, "brain": first, "shuffle": self.shares, "max_context_tokens": self.context })
    }
}

fn groups(entries: &[Entry], variable: Lookup<'_>, notes: &mut Vec<String>) -> Result<Vec<Group>, Mistake> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let at = Path::default().key("model_list").index(index);
        if entry.model_name.is_empty() {
            return Err(Mistake::value(at, "`model_name` is missing: the name of the group"));
        }
        let share = share(&entry.litellm_params, &at.key("litellm_params"), variable)?;
        for name in entry.litellm_params.rest.keys() {
            let note = format!(
                "model_list[{index}].litellm_params.{name} is left out: addresses and parameters are set in models.yaml and the team"
            );
            notes.push(note);
        }
        let context = entry.model_info.max_input_tokens.unwrap_or(CONTEXT);
        match groups.iter_mut().find(|group| group.name == entry.model_name) {
            Some(group) => {
                group.shares.push(share);
                group.context = group.context.min(context);
            }
            None => groups.push(Group { name: entry.model_name.clone(), entry: index, shares: vec![share], context }),
        }
    }
    if groups.len() < 2 {
        let problem = format!("{} group; at least two are needed, from cheap to strong", groups.len());
        return Err(Mistake::value(Path::default().key("model_list"), problem));
    }
    Ok(groups)
}

fn share(params: &Params, at: &Path, variable: Lookup<'_>) -> Result<Value, Mistake> {
    let Some(model) = &params.model else { return Err(Mistake::value(at.clone(), "`model` is missing")) };
    let model = match model.strip_prefix(VARIABLE) {
        Some(name) => set(name, &at.key("model"), variable)?,
        None => model.clone(),
    };
    // The strategy `simple-shuffle` draws by weight, else by requests per minute, else evenly.
    let mut share = json!({ "brain": model, "weight": params.weight.or(params.rpm).unwrap_or(1) });
    match params.api_key.as_deref().map(|key| key.strip_prefix(VARIABLE)) {
        None => {}
        Some(Some(name)) => {
            set(name, &at.key("api_key"), variable)?;
            share["key_env"] = json!(name);
        }
        Some(None) => {
            let problem =
                "a key stands in the file; keys come from the environment: write os.environ/NAME, and make a new key";
            return Err(Mistake::value(at.key("api_key"), problem));
        }
    }
    Ok(share)
}

/// The value of a variable that has to be set. Its name may be told, its value not.
fn set(name: &str, at: &Path, variable: Lookup<'_>) -> Result<String, Mistake> {
    variable(name).ok_or_else(|| {
        Mistake::value(at.clone(), format!("the environment variable {name} is not set; set it, or remove this entry"))
    })
}

fn edges(said: Option<&[Edges]>, names: &[&str], at: &Path) -> Result<Edges, Mistake> {
    let mut edges = Edges::new();
    for (index, entry) in said.into_iter().flatten().enumerate() {
        for (from, to) in entry {
            for name in std::iter::once(from).chain(to) {
                if !names.contains(&name.as_str()) {
                    let hint = did_you_mean(name, names.iter().copied());
                    let problem = format!("there is no group `{name}`; groups are {}{hint}", names.join(", "));
                    return Err(Mistake::value(at.index(index).key(from), problem));
                }
            }
            edges.entry(from.clone()).or_default().extend(to.iter().cloned());
        }
    }
    if let Some(from) = crate::lanes::cycle(&edges) {
        let entry = said.into_iter().flatten().position(|entry| entry.contains_key(&from)).unwrap_or_default();
        let problem = format!("the fallbacks of `{from}` lead back to `{from}`; a request would go round for ever");
        return Err(Mistake::value(at.index(entry).key(&from), problem));
    }
    Ok(edges)
}

/// The order of the groups: one that another falls back to stands above it, otherwise as they are listed. There are no cycles.
fn cheap_to_strong(groups: &[Group], edges: &Edges) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < groups.len() {
        let is_free = |at: &usize| {
            let below = |other: &usize| {
                let to = groups.get(*other).and_then(|group| edges.get(&group.name));
                to.is_some_and(|to| groups.get(*at).is_some_and(|group| to.contains(&group.name)))
            };
            !order.contains(at) && !(0..groups.len()).any(|other| !order.contains(&other) && below(&other))
        };
        match (0..groups.len()).find(is_free) {
            Some(next) => order.push(next),
            None => return (0..groups.len()).collect(),
        }
    }
    order
}

fn left_out(file: &File, notes: &mut Vec<String>) {
    for (section, router) in [("router_settings", &file.router_settings), ("litellm_settings", &file.litellm_settings)]
    {
        if let Some(strategy) = router.routing_strategy.as_deref().filter(|strategy| *strategy != "simple-shuffle") {
            notes.push(format!(
                "{section}.routing_strategy: `{strategy}` is not known here; models are drawn by weight"
            ));
        }
        notes.extend(router.rest.keys().map(|name| format!("{section}.{name} is left out")));
    }
    notes.extend(file.rest.keys().map(|name| format!("{name} is left out")));
}
