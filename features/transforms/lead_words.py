"""The features of a lead in words: names, units and sentences, for tables and for reasons."""

from features.transforms.feature import Feature, Topic
from features.transforms.lead_behaviour import AFTER, BEFORE
from features.transforms.lead_history import OVERALL
from features.transforms.lead_policy import GROUPS, POLICY

TOPIC: Topic = "leads"
_EN_GROUPS = {"ad_group": "ad group"}
_ZH_GROUPS = {
    "source": "来源",
    "medium": "媒介",
    "campaign": "活动",
    "ad_group": "广告组",
    "creative": "创意",
    "region": "地区",
    "store": "门店",
}


def lead_feature(name: str) -> Feature | None:
    """Return a feature of a lead by name, None if it has no words of its own.

    Types of interaction are data, so what counts them is described when it is asked for.
    """
    if name in LEAD_FEATURES:
        return LEAD_FEATURES[name]
    for prefix, of_type in ((BEFORE, _before), (AFTER, _after)):
        if name.startswith(prefix):
            return of_type(name.removeprefix(prefix))
    return None


def _before(kind: str) -> Feature:
    words = kind.replace("_", " ")
    return Feature(
        f"{BEFORE}{kind}",
        TOPIC,
        "count",
        f"{words}, before capture",
        f"获取前互动次数（{words}）",
        f"{words}: {{value}} times before capture",
        f"获取前互动 {{value}} 次（{words}）",
        actionable=False,
    )


def _after(kind: str) -> Feature:
    words = kind.replace("_", " ")
    return Feature(
        f"{AFTER}{kind}",
        TOPIC,
        "count",
        f"{words}, since capture",
        f"获取后互动次数（{words}）",
        f"{words}: {{value}} times since capture",
        f"获取后互动 {{value}} 次（{words}）",
        actionable=True,
    )


def _touched(days: int) -> Feature:
    return Feature(
        f"lead_touches_{days}d",
        TOPIC,
        "count",
        f"interactions, last {days} days",
        f"近{days}天互动次数",
        f"interacted {{value}} times within {days} days",
        f"近{days}天互动 {{value}} 次",
        actionable=True,
    )


def _contacted(days: int) -> Feature:
    return Feature(
        f"lead_contacts_{days}d",
        TOPIC,
        "count",
        f"campaign contacts up to scoring, {days} days",
        f"评分前{days}天活动触达次数",
        f"contacted {{value}} times within {days} days",
        f"近{days}天被触达 {{value}} 次",
        actionable=True,
    )


def _group(group: str) -> tuple[Feature, ...]:
    en, zh = _EN_GROUPS.get(group, group), _ZH_GROUPS[group]
    return (
        Feature(
            f"lead_{group}_leads",
            TOPIC,
            "count",
            f"leads of this {en} so far",
            f"该{zh}累计线索数",
            f"leads of this {en} so far: {{value}}",
            f"该{zh}累计带来 {{value}} 条线索",
            actionable=False,
        ),
        Feature(
            f"lead_{group}_conversion",
            TOPIC,
            "share",
            f"conversion of this {en} so far",
            f"该{zh}历史转化率",
            f"{{value}} of the leads of this {en} converted; {{typical}} of all leads",
            f"该{zh}线索转化率 {{value}}，全部线索为 {{typical}}",
            actionable=False,
            typical_from=OVERALL,
        ),
        Feature(
            f"lead_{group}_lift",
            TOPIC,
            "ratio",
            f"conversion of this {en} over that of all leads",
            f"该{zh}转化率相对整体的倍数",
            f"leads of this {en} convert {{value}} times as often as leads in general",
            f"该{zh}线索转化率为整体的 {{value}} 倍",
            actionable=False,
        ),
    )


_ALL = (
    Feature(
        "lead_attributes",
        TOPIC,
        "count",
        "fields filled in",
        "已填字段数",
        "fields filled in: {value}",
        "共填写 {value} 个字段",
        actionable=True,
    ),
    Feature(
        "lead_completeness",
        TOPIC,
        "share",
        "completeness of the lead",
        "线索资料完整度",
        "{value} of the lead's fields are filled in",
        "线索资料完整度 {value}",
        actionable=True,
    ),
    Feature(
        "lead_age_days",
        TOPIC,
        "days",
        "days since capture",
        "线索获取至今天数",
        "{value} days since the lead came in",
        "线索获取已 {value} 天",
        actionable=True,
    ),
    Feature(
        "lead_touches_before",
        TOPIC,
        "count",
        "interactions before capture",
        "获取前互动次数",
        "interacted {value} times before capture",
        "获取前互动 {value} 次",
        actionable=False,
    ),
    Feature(
        "lead_touches_after",
        TOPIC,
        "count",
        "interactions since capture",
        "获取后互动次数",
        "interacted {value} times since capture",
        "获取后互动 {value} 次",
        actionable=True,
    ),
    *map(_touched, POLICY.touch_days),
    Feature(
        "lead_channels",
        TOPIC,
        "count",
        "channels of interaction",
        "互动渠道数",
        "channels of interaction: {value}",
        "通过 {value} 个渠道互动",
        actionable=True,
    ),
    Feature(
        "lead_days_since_touch",
        TOPIC,
        "days",
        "days since last interaction",
        "距上次互动天数",
        "{value} days since the last interaction",
        "距上次互动 {value} 天",
        actionable=True,
    ),
    Feature(
        "lead_response_days",
        TOPIC,
        "days",
        "days from capture to first interaction",
        "获取至首次互动天数",
        "first interaction {value} days after capture",
        "获取后 {value} 天首次互动",
        actionable=True,
    ),
    *map(_contacted, POLICY.contact_days),
    Feature(
        "lead_contacts_after",
        TOPIC,
        "count",
        "campaign contacts since capture",
        "获取后活动触达次数",
        "contacted {value} times since capture",
        "获取后被触达 {value} 次",
        actionable=True,
    ),
    Feature(
        "lead_days_since_contact",
        TOPIC,
        "days",
        "days from last contact to scoring",
        "距上次触达天数",
        "{value} days since the last campaign contact",
        "距上次活动触达 {value} 天",
        actionable=True,
    ),
    Feature(
        OVERALL,
        TOPIC,
        "share",
        "conversion of all leads so far",
        "全部线索历史转化率",
        "{value} of all leads converted so far",
        "全部线索转化率 {value}",
        actionable=False,
    ),
    *(feature for group in GROUPS for feature in _group(group)),
)

LEAD_FEATURES: dict[str, Feature] = {feature.name: feature for feature in _ALL}
