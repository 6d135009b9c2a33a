"""Roles and policy documents for tests."""
import json

TRUST = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole"}]}
ALLOW = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}


def create_role(iam, name, **more):
    return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)


def document_of(statements):
    return {"Version": "2012-10-17", "Statement": statements}
