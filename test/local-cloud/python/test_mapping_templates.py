import json
import unittest

import in_process  # noqa: F401  (puts the emulator on the path)
from emulator import mapping_templates

BODY = '{"instances": [{"text": "it\'s \\"fine\\"", "n": 1.5}], "empty": null, "a b": true}'
PARAMS = {
    'path': {'name': 'from-path'},
    'querystring': {'name': 'from-query', 'q': '1'},
    'header': {'x-inference-id': 'id-1'},
}


def render(template, body=BODY, context=None):
    context = mapping_templates.context_of(context or {'requestId': 'r-1', 'identity': {'sourceIp': '127.0.0.1'}})
    return mapping_templates.render(template, body, PARAMS, context, {'endpoint': 'chat'}), context


class Variables(unittest.TestCase):
    def equal(self, template, expected, **kwargs):
        self.assertEqual(render(template, **kwargs)[0], expected, template)

    def test_input(self):
        self.equal('$input.body', BODY)
        self.equal("$input.path('$.instances[0].n')", '1.5')
        self.equal("$input.path('$.instances[0]').n", '1.5')
        self.equal("$input.path('$.none')$input.path('$.empty')", '')
        self.equal("#foreach($one in $input.path('$.instances'))$one.n#end", '1.5')
        self.assertEqual(json.loads(render("$input.json('$.instances[0]')")[0]), json.loads(BODY)['instances'][0])
        self.equal("$input.path('$.a')", '', body='no json')

    def test_params(self):
        self.equal("$input.params('name') $input.params('q')", 'from-path 1')
        self.equal("$input.params('X-Inference-Id')", 'id-1')
        self.equal("$input.params('none')", '')
        self.equal('$input.params().querystring.name', 'from-query')

    def test_names_of_an_object(self):
        every = '#foreach($name in $input.path("$").keySet())[$name]#end'
        self.equal(every, '[instances][empty][a b]')
        self.equal('#foreach($name in $input.params().header.keySet())[$name]#end', '[x-inference-id]')
        self.equal('$input.path("$").size() $input.path("$").get("a b")', '3 True')

    def test_context_and_stage_variables(self):
        self.equal('$context.requestId $context.identity.sourceIp $stageVariables.endpoint', 'r-1 127.0.0.1 chat')
        self.equal('[$context.none][$context.identity.caller.name][${stageVariables.none}]', '[][][]')
        self.equal('#if($context.authorizer.claims)yes#{else}no#end', 'no')

    def test_util(self):
        self.equal("$util.escapeJavaScript($input.path('$.instances[0].text'))", "it\\'s \\\"fine\\\"")
        self.equal('$util.escapeJavaScript($input.body)', 'a\\n\\u00e9\\u0001', body='a\né\x01')
        self.equal('$util.urlEncode("a b") $util.urlDecode("a+b")', 'a+b a b')
        self.equal('$util.base64Encode("a") $util.base64Decode("YQ==")', 'YQ== a')
        self.equal('$util.parseJson($input.body).instances[0].n', '1.5')

    def test_template_overrides_the_answer(self):
        template = (
            "#set($original = $input.path('$.OriginalStatusCode'))"
            '#if($original == 400)#set($context.responseOverride.status = 422)#end'
            '#set($context.responseOverride.header.Why = "model")done'
        )
        text, context = render(template, body='{"OriginalStatusCode": 400}')
        self.assertEqual(text, 'done')
        self.assertEqual(context['responseOverride'], {'status': 422, 'header': {'Why': 'model'}})
        self.assertFalse(render(template, body='{"OriginalStatusCode": 500}')[1]['responseOverride']['status'])
