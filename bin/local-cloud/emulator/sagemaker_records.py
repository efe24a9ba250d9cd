"""
What all of SageMaker's resources have in common here: names and ARNs, requests checked against the API's model with its
maxima and name patterns, tags, and the errors that the API answers with.
"""

import secrets
import string

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from . import api_models

_LETTERS = string.ascii_letters + string.digits

tags = AccountRegionScopedDict()


class Refused(ValueError):
    """A request that the API refuses. In a template it fails the resource."""

    def __init__(self, message, code='ValidationException'):
        super().__init__(message)
        self.code = code


def arn(kind, name):
    return f'arn:aws:sagemaker:{get_region()}:{get_account_id()}:{kind}/{name.lower()}'


def generated_name(logical_id):
    """As CloudFormation names what a template leaves unnamed: another name for each replacement."""
    return f"{logical_id[:50]}-{''.join(secrets.choice(_LETTERS) for _ in range(12))}"


def checked(operation, params):
    try:
        params = api_models.checked('sagemaker', operation, params)
    except ValueError as error:
        raise Refused(str(error)) from None
    problems = api_models.over_limits('sagemaker', operation, params)
    if problems:
        raise Refused('; '.join(problems))
    return params


class Collection:
    """Records of one kind by name. ARNs hold names in lower case, so names that differ in case alone are the same."""

    def __init__(self, kind, words):
        self._kind, self._words = kind, words
        self._records = AccountRegionScopedDict()

    def add(self, name, record, named_tags):
        self.refuse_existing(name)
        self._records[name.lower()] = record
        tags[arn(self._kind, name)] = list(named_tags or [])
        return arn(self._kind, name)

    def refuse_existing(self, name):
        if name.lower() in self._records:
            raise Refused(f'Cannot create already existing {self._words} "{arn(self._kind, name)}".')

    def get(self, name):
        found = self._records.get(name.lower())
        if found is None:
            raise Refused(f'Could not find {self._words} "{arn(self._kind, name)}".')
        return found

    def find(self, physical_id):
        """The record of an ARN; None when it is gone."""
        return self._records.get(physical_id.rpartition('/')[2])

    def remove(self, name):
        self.get(name)
        del self._records[name.lower()]
        tags.pop(arn(self._kind, name), None)

    def all(self):
        return self._records.values()

    def clear(self):
        self._records.clear()
