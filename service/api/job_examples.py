"""Examples of jobs: what a service answered."""

from pydantic.config import JsonDict

SCORES_JOB_REQUEST: JsonDict = {
    "model": "churn_60d",
    "ids": ["818", "no-such-id", "1544"],
    "explain": "top_k",
    "top_k": 3,
    "lang": "en",
    "format": "csv",
}

JOB: JsonDict = {
    "job_id": "job_6c1f0a5d2b9e4c7f8a3d1e02",
    "kind": "scores",
    "state": "done",
    "model": "churn_60d",
    "model_version": "1",
    "as_of": None,
    "format": "csv",
    "progress": {"total": 3, "done": 3, "scored": 2, "unscored": 1},
    "created_at": "2018-01-01T06:12:09.215373Z",
    "started_at": "2018-01-01T06:12:09.602214Z",
    "finished_at": "2018-01-01T06:12:09.781095Z",
    "expires_at": "2018-01-08T06:12:09.781095Z",
    "error": None,
    "links": {
        "self": "/v1/jobs/job_6c1f0a5d2b9e4c7f8a3d1e02",
        "result": "/v1/jobs/job_6c1f0a5d2b9e4c7f8a3d1e02/result",
        "errors": "/v1/jobs/job_6c1f0a5d2b9e4c7f8a3d1e02/errors",
    },
}
