//! The template's YAML as JSON: tags as CloudFormation's long forms, anchors and merge keys resolved.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value};

/// Reads one document.
pub fn parse(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    match documents.as_slice() {
        [document] => convert(document),
        _ => Err(format!("{} documents instead of one", documents.len())),
    }
}

fn convert(node: &Yaml<'_>) -> Result<Value, String> {
    Ok(match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => (*value).into(),
        Yaml::Value(Scalar::FloatingPoint(value)) => value.into_inner().into(),
        Yaml::Value(Scalar::String(value)) | Yaml::Representation(value, _, None) => {
            value.as_ref().into()
        }
        Yaml::Representation(value, _, Some(tag)) => long(&tag.suffix, value.as_ref().into()),
        Yaml::Sequence(parts) => Value::Array(parts.iter().map(convert).collect::<Result<_, _>>()?),
        Yaml::Mapping(parts) => {
            let (mut own, mut merged) = (Map::new(), Vec::new());
            for (key, value) in parts {
                let Value::String(key) = convert(key)? else {
                    return Err(format!("a key that is no text: {key:?}"));
                };
                let value = convert(value)?;
                match (key.as_str(), value) {
                    ("<<", Value::Object(more)) => merged.push(more),
                    ("<<", other) => return Err(format!("cannot merge {other}")),
                    (_, value) => drop(own.insert(key, value)),
                }
            }
            for (key, value) in merged.into_iter().flatten() {
                own.entry(key).or_insert(value);
            }
            Value::Object(own)
        }
        Yaml::Tagged(tag, inner) => long(&tag.suffix, convert(inner)?),
        Yaml::Alias(_) | Yaml::BadValue => return Err(format!("cannot read {node:?}")),
    })
}

fn long(tag: &str, value: Value) -> Value {
    let name = match tag {
        "Ref" | "Condition" => tag.to_owned(),
        _ => format!("Fn::{tag}"),
    };
    Value::Object(Map::from_iter([(name, value)]))
}

#[test]
fn tags_anchors_and_merges_are_read() {
    let text = "
a: &a { x: !Ref X, y: 1 }
b:
  <<: *a
  y: !Sub \"${Y}!\"
c: !If [IsLocal, !GetAtt A.Arn, *a]
";
    let expected = serde_json::json!({
        "a": {"x": {"Ref": "X"}, "y": 1},
        "b": {"x": {"Ref": "X"}, "y": {"Fn::Sub": "${Y}!"}},
        "c": {"Fn::If": ["IsLocal", {"Fn::GetAtt": "A.Arn"}, {"x": {"Ref": "X"}, "y": 1}]},
    });
    assert_eq!(parse(text).unwrap(), expected);
    assert!(parse("a: [").is_err());
}
