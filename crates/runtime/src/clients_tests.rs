use brains::{Auth, Endpoint, Policy};
use protocol::{ManualClock, Timestamp};

use super::*;

fn client(dialect: Dialect) -> Arc<Client> {
    let endpoint = Endpoint {
        name: "house".to_owned(),
        dialect,
        base_url: "http://127.0.0.1:9".to_owned(),
        key: None,
        auth: Auth::None,
        headers: Vec::new(),
    };
    Arc::new(Client::new(endpoint, Policy::default(), Arc::new(ManualClock::new(Timestamp(0))), Some(1)).unwrap())
}

fn house(dialects: &[Dialect]) -> Clients {
    let mut clients = Clients::default();
    dialects.iter().for_each(|dialect| clients.add("house", client(*dialect)));
    clients
}

#[test]
fn a_wished_dialect_is_taken_where_it_is_spoken_and_the_first_one_otherwise() {
    let spoken = |clients: &Clients, wished| {
        clients.client(&Brain::new("house", "m"), wished).map(|client| client.dialect()).unwrap()
    };
    let both = house(&[Dialect::OpenaiChat, Dialect::OpenaiResponses]);
    assert_eq!(spoken(&both, Some(Dialect::OpenaiResponses)), Dialect::OpenaiResponses);
    assert_eq!(spoken(&both, None), Dialect::OpenaiChat);
    let chat = house(&[Dialect::OpenaiChat, Dialect::OpenaiChat]);
    assert_eq!(spoken(&chat, Some(Dialect::OpenaiResponses)), Dialect::OpenaiChat);
    assert_eq!(chat.of("house").len(), 1);
}

#[test]
fn what_is_missing_is_named_with_what_there_is() {
    let chat = house(&[Dialect::OpenaiChat]);
    let error = |provider: &str| {
        chat.speaking(&Brain::new(provider, "m"), Dialect::OpenaiResponses).map(drop).unwrap_err().to_string()
    };
    let told = error("house");
    assert!(["house/m", "Responses", "Chat Completions", "--dialect"].iter().all(|word| told.contains(word)), "{told}");
    assert!(error("barn").contains("no provider `barn` is set up"));
}

#[test]
fn what_is_known_is_not_replaced_by_what_is_missing() {
    let mut clients = house(&[Dialect::OpenaiResponses]);
    let mut others = house(&[Dialect::OpenaiChat]);
    others.add("barn", client(Dialect::AnthropicMessages));
    clients.add_missing(others);
    assert_eq!(clients.of("house")[0].dialect(), Dialect::OpenaiResponses);
    assert_eq!(clients.of("barn").len(), 1);
}
