"""What xtask asks of the local cloud (or of AWS, in `deploy`). One process a task: `cloud.py TASK`, arguments as JSON on
standard input, the answer as JSON on standard output, anything else on standard error. Endpoint and credentials come
from the environment, as for every AWS tool."""

import base64
import hashlib
import json
import mimetypes
import pathlib
import secrets
import subprocess
import sys
import tempfile
import time
import zipfile


def client(name, region=None):
    import boto3
    from botocore.config import Config

    return boto3.client(name, region_name=region, config=Config(retries={"total_max_attempts": 3}, read_timeout=180))


# ---------------------------------------------------------------- before anything runs


def keys(file):
    """Makes the secrets of a laptop, once: what would be typed into Secrets Manager for a real stage, and its other
    half, which the sandbox holds. Answers them."""
    path = pathlib.Path(file)
    stored = json.loads(path.read_text()) if path.exists() else {}
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import rsa

    def pair():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
        public = key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
        return {"private": base64.b64encode(private).decode(), "public": base64.b64encode(public).decode()}

    def seal_maker():
        """By the commands of docs/operations.md: a key of SM2, and a certificate that it signed itself."""
        with tempfile.TemporaryDirectory() as folder:

            def openssl(line):
                subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)

            openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem")
            openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der")
            openssl(
                "req -x509 -key key.pem -sm3 -sigopt distid:1234567812345678 "
                "-subj /C=CN/O=Sealkey/CN=Sealkey-laptop-seal-maker -days 3650 -outform DER -out maker.der"
            )

            def text(name):
                return base64.b64encode((pathlib.Path(folder) / name).read_bytes()).decode()

            return {"id": "SEALKEY", "private_key": text("key.der"), "certificate": text("maker.der")}

    makers = {
        "seal_maker": seal_maker,
        "origin": lambda: {"current": secrets.token_urlsafe(32), "previous": ""},
        "alipay": lambda: {"merchant": pair(), "gateway": pair(), "app_id": "2021000000000001", "seller_id": "2088000000000001"},
        "wechatpay": lambda: {
            "merchant": pair(),
            "gateway": pair(),
            "appid": "wx2026112200000001",
            "mchid": "1900000001",
            "merchant_serial": "5EA1CE7000000000000000000000000000000001",
            "serial": "PUB_KEY_ID_0119000000012026112200000000000001",
            "api_v3_key": secrets.token_hex(16),
        },
        "tax": lambda: {"account": "sealkey", "api_key": secrets.token_hex(24)},
        "courier": lambda: {"account": "sealkey", "api_key": secrets.token_hex(24), "webhook_key": secrets.token_hex(24)},
    }
    missing = {name: make() for name, make in makers.items() if name not in stored}
    if missing:
        stored |= missing
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(stored, indent=1))
    return stored


def zips(files, compress):
    """Packs each binary as `bootstrap`. Same bytes in, same bytes out, so that unchanged code has an unchanged hash."""
    for source, target in files:
        entry = zipfile.ZipInfo("bootstrap", date_time=(2020, 1, 1, 0, 0, 0))
        entry.external_attr = 0o100755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        part = pathlib.Path(target + ".part")
        with zipfile.ZipFile(part, "w") as archive:
            archive.writestr(entry, pathlib.Path(source).read_bytes())
        part.replace(target)
    return {}


# ---------------------------------------------------------------- deploying


def prepare(bucket, secrets, stack):
    """Bucket for artifacts, the secrets as given, and what the stack's outputs are if it stands."""
    if bucket:
        client("s3").create_bucket(Bucket=bucket)
    manager = client("secretsmanager")
    for name, value in secrets.items():
        text = json.dumps(value, sort_keys=True)
        try:
            if manager.get_secret_value(SecretId=name)["SecretString"] != text:
                manager.put_secret_value(SecretId=name, SecretString=text)
        except manager.exceptions.ResourceNotFoundException:
            manager.create_secret(Name=name, SecretString=text)
    return outputs(stack)


def publish(bucket):
    """Lets whoever asks read what is under pki/, and nothing else of the bucket: on AWS only the CDN may, and here the
    sandbox that stands for it signs nothing."""
    s3 = client("s3")
    closed = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=closed)
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/pki/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [read]}))


def outputs(stack, region=None):
    formation = client("cloudformation", region)
    try:
        found = formation.describe_stacks(StackName=stack)["Stacks"][0]
    except formation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return {"status": None, "outputs": {}}
        raise
    return {"status": found["StackStatus"], "outputs": {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}}


def why(stack):
    """The first failures of the last deploy, in words."""
    events = client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("FAILED") and "cancelled" not in e.get("ResourceStatusReason", "")]
    return [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', e['ResourceStatus'])}" for e in failed[:3]]


def missing_secrets(region, names):
    manager, missing = client("secretsmanager", region), []
    for name in names:
        try:
            manager.describe_secret(SecretId=name)
        except manager.exceptions.ResourceNotFoundException:
            missing.append(name)
    return missing


def forget(stack):
    """Deletes a stack whose creation failed; it holds nothing yet."""
    formation = client("cloudformation")
    formation.delete_stack(StackName=stack)
    for _ in range(200):
        if outputs(stack)["status"] in (None, "DELETE_COMPLETE"):
            return {}
        time.sleep(0.1)
    raise RuntimeError(f"stack {stack} cannot be deleted")


def code(functions):
    """Gives each function the code of its archive where it has another."""
    aws = client("lambda")
    pages = aws.get_paginator("list_functions").paginate()
    there = {f["FunctionName"]: f["CodeSha256"] for page in pages for f in page["Functions"]}
    changed = []
    for name, archive in functions.items():
        data = pathlib.Path(archive).read_bytes()
        if there.get(name) != base64.b64encode(hashlib.sha256(data).digest()).decode():
            aws.update_function_code(FunctionName=name, ZipFile=data)
            changed.append(name)
    return changed


def prune(bucket, keep):
    """Throws artifacts of former deploys away; sam names an archive by its MD5."""
    wanted = {hashlib.md5(pathlib.Path(f).read_bytes()).hexdigest() for f in keep}
    s3 = client("s3")
    old = [
        {"Key": o["Key"]}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for o in page.get("Contents", [])
        if o["Key"] not in wanted
    ]
    for start in range(0, len(old), 500):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": old[start : start + 500], "Quiet": True})
    return len(old)


def site(bucket, folder, distribution, region):
    """Puts the built pages into the site's bucket: files with a hash in their name for ever, the rest to be asked for."""
    s3, root = client("s3", region), pathlib.Path(folder)
    files = sorted((p for p in root.rglob("*") if p.is_file()), key=lambda p: p.name == "index.html")
    for path in files:
        key = path.relative_to(root).as_posix()
        for_ever = key.startswith("assets/")
        s3.upload_file(
            str(path),
            bucket,
            key,
            ExtraArgs={
                "ContentType": mimetypes.guess_type(key)[0] or "application/octet-stream",
                "CacheControl": "public, max-age=31536000, immutable" if for_ever else "no-cache",
            },
        )
    if distribution:
        client("cloudfront").create_invalidation(
            DistributionId=distribution,
            InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time_ns())},
        )
    return len(files)


# ---------------------------------------------------------------- while it runs


def invoke(function, payload):
    answer = client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    return {"failed": "FunctionError" in answer, "answer": json.loads(answer["Payload"].read() or b"null")}


def second_factor(secret):
    """The six digits that a demo login's second factor shows now (RFC 6238)."""
    import hmac
    import struct

    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def executions(machines, order):
    """Executions of one order: name and status, the oldest first."""
    states, found = client("stepfunctions"), []
    for machine in machines:
        for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine):
            found += [e for e in page["executions"] if e["name"].startswith(order + "-")]
    return [[e["name"], e["status"]] for e in sorted(found, key=lambda e: e["startDate"])]


def stop_executions(machines, order):
    """Stops what runs of one order, as an outage would. Answers how many ran."""
    states, stopped = client("stepfunctions"), 0
    for machine in machines:
        for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="RUNNING"):
            for execution in page["executions"]:
                if execution["name"].startswith(order + "-"):
                    states.stop_execution(executionArn=execution["executionArn"], error="outage")
                    stopped += 1
    return stopped


def age_code(table, order):
    """Lets the time of an order's last payment code go by: it was over two minutes ago. Answers its number."""
    import datetime

    items = client("dynamodb").query(
        TableName=table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={":pk": {"S": f"ORDER#{order}"}, ":sk": {"S": "ATTEMPT#"}},
        ConsistentRead=True,
    )["Items"]
    last = items[-1]
    version = int(last["version"]["N"])
    over = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=2)
    client("dynamodb").update_item(
        TableName=table,
        Key={"pk": last["pk"], "sk": last["sk"]},
        UpdateExpression="SET doc.qr_expires_at = :over, doc.version = :next, version = :next",
        ConditionExpression="version = :version",
        ExpressionAttributeValues={
            ":over": {"S": over.isoformat().replace("+00:00", "Z")},
            ":next": {"N": str(version + 1)},
            ":version": {"N": str(version)},
        },
    )
    return last["doc"]["M"]["number"]["S"]


def stream(enabled, mapping):
    """Switches the event source of dispatch on or off, and waits until it is so."""
    aws = client("lambda")
    aws.update_event_source_mapping(UUID=mapping, Enabled=enabled)
    for _ in range(100):
        state = aws.get_event_source_mapping(UUID=mapping)["State"]
        if state == ("Enabled" if enabled else "Disabled"):
            return state
        time.sleep(0.1)
    return state


def _lines(group, since):
    import botocore.exceptions

    try:
        pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        events = [e for page in pages for e in page["events"]]
    except botocore.exceptions.ClientError as error:
        if "ResourceNotFound" in str(error):
            return []
        raise
    return sorted(events, key=lambda e: (e["timestamp"], e.get("ingestionTime", 0)))


NOISE = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")


def logs(prefix, functions, since, follow):
    """Prints what functions said, oldest first; with `follow`, goes on."""
    seen = dict.fromkeys(functions, 0)
    while True:
        found = []
        for name in functions:
            events = _lines(f"/aws/lambda/{prefix}{name}", since)
            for event in events[seen[name] :]:
                if not event["message"].startswith(NOISE):
                    found.append((event["timestamp"], name, event["message"].rstrip()))
            seen[name] = len(events)
        for stamp, name, message in sorted(found, key=lambda line: line[0]):
            clock = time.strftime("%H:%M:%S", time.localtime(stamp / 1000))
            sys.stderr.write(f"{clock} {name}: {message}\n" if len(functions) > 1 else f"{clock} {message}\n")
        sys.stderr.flush()
        if not follow:
            return sum(seen.values())
        time.sleep(1)


def dump(folder):
    """Writes every log group into a file of its own. Answers how many lines there were."""
    root, total = pathlib.Path(folder), 0
    root.mkdir(parents=True, exist_ok=True)
    for page in client("logs").get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            lines = [e["message"].rstrip("\n") for e in _lines(group["logGroupName"], 0)]
            total += len(lines)
            (root / (group["logGroupName"].strip("/").replace("/", "_") + ".log")).write_text("\n".join(lines) + "\n")
    return total


def health(prefix, functions):
    """Functions that failed within the last hour: how often, and what was said last."""
    import datetime as dt

    now, metrics, failing = dt.datetime.now(dt.timezone.utc), client("cloudwatch"), []
    for name in functions:
        points = metrics.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": prefix + name}],
            StartTime=now - dt.timedelta(hours=1),
            EndTime=now + dt.timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        times = int(sum(p["Sum"] for p in points))
        lines = [e["message"].rstrip() for e in _lines(f"/aws/lambda/{prefix}{name}", int(now.timestamp() - 3600) * 1000)]
        said = [m for m in lines if "error" in m.lower() or "panicked" in m]
        if times:
            failing.append({"function": name, "times": times, "last": said[-1] if said else "it said nothing"})
    return failing


if __name__ == "__main__":
    task = sys.argv[1]
    json.dump(globals()[task](**json.load(sys.stdin)), sys.stdout)
