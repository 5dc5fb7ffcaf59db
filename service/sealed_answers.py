"""Answers that hold a secret: kept sealed under their idempotency key."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.idempotency import Answer, Call
from service.privacy.data_keys import DataKey, KeyRing, missing
from service.repository.records import Work

_SEALED_WITH = "x-shuke-sealed-with"


@dataclass(frozen=True, slots=True)
class SealedAnswers:
    """Seals and opens the bodies of answers."""

    ring: KeyRing

    def seal(self, work: Work, call: Call, answer: Answer) -> Answer:
        """Return an answer sealed, to be kept in this very transaction."""
        work.take_sealing_turn()
        return _sealed(self.ring.all()[0], call, answer)

    def open(self, call: Call, answer: Answer) -> Answer:
        """Return an answer as it left; one that is not sealed, as it is."""
        return _opened(self.ring.all(), call, answer) if _key_id(answer) else answer

    def reseal(self, work: Work, keys: Sequence[DataKey]) -> int:
        """Seal the answers that are not under the first key with it; return how many."""
        changed = 0
        for call, answer in work.idempotency.answers_with(_SEALED_WITH):
            if _key_id(answer) != keys[0].key_id:
                opened = _opened(keys, call, answer)
                work.idempotency.replace(call, _sealed(keys[0], call, opened))
                changed += 1
        return changed

    def keys_used(self, work: Work) -> set[str]:
        """Return the names of all keys some answer is sealed with."""
        return {_key_id(answer) for _, answer in work.idempotency.answers_with(_SEALED_WITH)}


def _sealed(key: DataKey, call: Call, answer: Answer) -> Answer:
    headers = {**answer.headers, _SEALED_WITH: key.key_id}
    return replace(answer, headers=headers, body=key.seal(answer.body.decode(), _place(call)))


def _opened(keys: Sequence[DataKey], call: Call, answer: Answer) -> Answer:
    key = next((each for each in keys if each.key_id == _key_id(answer)), None)
    if key is None:
        raise missing(_key_id(answer))
    headers = {name: told for name, told in answer.headers.items() if name != _SEALED_WITH}
    return replace(answer, headers=headers, body=key.open(answer.body, _place(call)).encode())


def _key_id(answer: Answer) -> str:
    return answer.headers.get(_SEALED_WITH, "")


def _place(call: Call) -> str:
    return json.dumps(["answer", call.caller_id, call.route, call.key])
