// The AWS SDK warns of Node.js 20 each time it is loaded, and asks for this before it is. Imported first, for its effect.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
