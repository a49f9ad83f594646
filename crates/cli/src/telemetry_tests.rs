use super::*;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@127.0.0.1:4318/base?key=secret");

fn wanted(variables: &[(&str, &str)]) -> Result<Option<Export>, String> {
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Export::wanted(&Environment::of(pairs))
}

#[test]
fn nothing_is_exported_unless_an_endpoint_is_named_and_nothing_switches_it_off() {
    let off = [
        &[][..],
        &[("OTEL_TRACES_EXPORTER", "otlp")],
        &[ENDPOINT, ("OTEL_SDK_DISABLED", "True")],
        &[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")],
    ];
    assert!(off.into_iter().all(|variables| matches!(wanted(variables), Ok(None))));
    let on = [&[ENDPOINT][..], &[ENDPOINT, ("OTEL_TRACES_EXPORTER", "console,otlp"), ("OTEL_SDK_DISABLED", "false")]];
    assert!(on.into_iter().all(|variables| matches!(wanted(variables), Ok(Some(_)))));
}

#[test]
fn an_address_is_shown_without_what_may_be_secret_in_it() {
    let export = wanted(&[ENDPOINT]).unwrap().unwrap();
    assert_eq!(export.address.to_string(), "http://127.0.0.1:4318");
}

#[test]
fn what_cannot_be_used_is_named_with_what_is_allowed_and_without_its_secrets() {
    let problem = |variables: &[(&str, &str)]| wanted(variables).err().unwrap();
    let address = problem(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "user:secret@host"), ENDPOINT]);
    assert!(address.starts_with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no address"), "{address}");
    assert!(address.contains("http://localhost:4318") && !address.contains("secret"), "{address}");
    let protocol = problem(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    assert_eq!(protocol, "OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`; http/protobuf and http/json are spoken here");
}

#[test]
fn the_service_is_tandem_unless_the_environment_names_another() {
    let name = |variables: &[(&str, &str)]| {
        let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        resource(&Environment::of(pairs)).get(&"service.name".into()).unwrap().to_string()
    };
    assert_eq!(name(&[]), "tandem");
    assert_eq!(name(&[("OTEL_SERVICE_NAME", "mine")]), "mine");
}
