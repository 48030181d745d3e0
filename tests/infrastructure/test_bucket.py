from __future__ import annotations

from tests.support.synthesis import Template


def test_the_bucket_is_encrypted_and_its_owners_and_tells_eventbridge(template: Template) -> None:
    bucket = template.one("AWS::S3::Bucket")

    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    configuration = bucket["NotificationConfiguration"]["EventBridgeConfiguration"]
    assert configuration == {"EventBridgeEnabled": True}
    # The CDK's own way is a Lambda that sets it.
    assert not [r for r in template.body["Resources"].values() if r["Type"].startswith("Custom::")]


def test_the_bucket_outlives_its_stack(template: Template) -> None:
    for kind in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"):
        ((_, resource),) = template.of_type(kind).items()
        # A first deployment that fails leaves none behind.
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_only_tls_reaches_the_bucket(template: Template) -> None:
    statements = template.one("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    denied = [s for s in statements if s["Effect"] == "Deny" and s["Action"] == "s3:*"]

    assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in denied]
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in [s["Condition"] for s in denied]
    assert {statement["Principal"]["AWS"] for statement in denied} == {"*"}
    assert [s for s in statements if s["Effect"] == "Allow"] == []


def test_training_output_inputs_and_old_versions_expire(template: Template) -> None:
    rules = template.one("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    expiring = [
        ("training-output-expires", "training/", 30),
        ("inputs-expire", "inputs/", 90),
        ("rows-to-predict-expire", "predict/", 30),
        ("predictions-expire", "predictions/", 30),
    ]

    assert rules == [
        *(
            {
                "Id": name,
                "Status": "Enabled",
                "Prefix": prefix,
                "ExpirationInDays": days,
                "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
            }
            for name, prefix, days in expiring
        ),
        {
            "Id": "old-versions-expire",
            "Status": "Enabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
            "ExpiredObjectDeleteMarker": True,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]
