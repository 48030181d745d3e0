"""An app that imports what ours imports, and has one stack with next to nothing in it."""

import aws_cdk as cdk

import cdk_app.app  # noqa: F401 - imports are not measured

app = cdk.App()
stack = cdk.Stack(app, "Empty")
cdk.CfnWaitConditionHandle(stack, "Nothing")  # CloudFormation takes no stack without resources
app.synth()
