"""
Mapping templates of API Gateway, in Velocity: the airspeed library evaluates the language, python-jsonpath the paths.
Here is what API Gateway itself puts into a template: $input, $context, $util and $stageVariables.
"""

import base64
import json
import urllib.parse

import airspeed
import jsonpath

from .simulations import simulation

TEMPLATES = simulation(
    'apigateway-mapping-templates',
    'Request and response templates of AWS integrations: $input.body, path, json and params, $context with '
    'responseOverride, $util and $stageVariables',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html',
    'test_mapping_templates.Variables.test_input',
)

_ESCAPED = {char: f'\\{char}' for char in '"\'\\/'} | {'\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t'}


class Variables(dict):
    """What a template reads: a name that is not there is empty, and so are names below it."""

    def __missing__(self, name):
        # None: airspeed looks for a method next.
        return None if name in _METHODS or hasattr(dict, name) else Variables()

    def __str__(self):
        return super().__str__() if self else ''


# What airspeed lets a template call on a plain dict.
_METHODS = {**airspeed.__additional_methods__[dict], 'size': len}
airspeed.__additional_methods__[Variables] = _METHODS


class Unusable(ValueError):
    """A template that is no Velocity, or fails on what it is given."""


def variables(value):
    return Variables({key: variables(item) for key, item in value.items()}) if isinstance(value, dict) else value


def render(template, body, params, context, stage_variables):
    """`params`: {'path', 'querystring', 'header'}, each by name. `context` keeps what the template sets in it."""
    TEMPLATES.exercised()
    names = {
        'input': _Input(body, params),
        'util': _Util(),
        'context': context,
        'stageVariables': variables(stage_variables),
    }
    try:
        return airspeed.Template(template).merge(names)
    except Exception as error:  # the library lets through whatever a template's own calls raise
        raise Unusable(f'{type(error).__name__}: {error}') from error


def context_of(request_context):
    """$context, with room for what templates override."""
    return variables({**request_context, 'requestOverride': {'header': {}}, 'responseOverride': {'header': {}}})


class _Input:
    def __init__(self, body, params):
        self.body, self._params = body, params

    def path(self, path):
        try:
            query = jsonpath.compile(path)
            found = query.findall(json.loads(self.body))
        except ValueError:
            return ''  # no JSON
        if not query.singular_query():
            return found
        return variables(found[0]) if found and found[0] is not None else ''

    def json(self, path):
        found = self.path(path)
        return '""' if found == '' else json.dumps(found, separators=(',', ':'), ensure_ascii=False)

    def params(self, name=None):
        if name is None:
            return self._params
        for place in ('path', 'querystring', 'header'):
            for key, value in self._params[place].items():
                # Header names arrive in lower case here.
                if key == name or (place == 'header' and key.lower() == name.lower()):
                    return value
        return ''


class _Util:
    def escapeJavaScript(self, text):
        return ''.join(_ESCAPED.get(char) or (char if ' ' <= char <= '~' else _unicode(char)) for char in str(text))

    def parseJson(self, text):
        return variables(json.loads(text))

    def urlEncode(self, text):
        return urllib.parse.quote_plus(str(text))

    def urlDecode(self, text):
        return urllib.parse.unquote_plus(str(text))

    def base64Encode(self, text):
        return base64.b64encode(str(text).encode()).decode()

    def base64Decode(self, text):
        return base64.b64decode(str(text)).decode()


def _unicode(char):
    return json.dumps(char)[1:-1] if char > '~' else f'\\u{ord(char):04X}'
