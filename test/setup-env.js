// The built-in template validator costs seconds per test file; test/validation.test.ts turns it on, strictly.
process.env.CDK_VALIDATION ??= 'false';
// Must be set before the SDK loads.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
