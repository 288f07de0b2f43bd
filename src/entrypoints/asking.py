"""What asks people, and hears what they answer."""

from application.asking.approval_gate import ApprovalGate
from application.asking.approvals import Approvals
from application.asking.questions import OpenQuestions
from application.casting.commit_notifier import CommitNotifier
from application.recall.prior_answers import PriorAnswers
from entrypoints.settings import Settings
from ports.approval_store import ApprovalStore
from ports.id_source import IdSource
from ports.question_store import QuestionStore
from ports.wakeups import Wakeups


def approvals(store: ApprovalStore, notifier: CommitNotifier) -> Approvals:
    return Approvals(store=store, notifier=notifier)


def approval_gate(
    settings: Settings, store: ApprovalStore, wakeups: Wakeups, ids: IdSource
) -> ApprovalGate:
    return ApprovalGate(store=store, wakeups=wakeups, ids=ids, expires_s=settings.approval_s)


def open_questions(
    store: QuestionStore, wakeups: Wakeups, notifier: CommitNotifier
) -> OpenQuestions:
    return OpenQuestions(store=store, wakeups=wakeups, notifier=notifier)


def prior_answers(approvals: ApprovalStore, questions: QuestionStore) -> PriorAnswers:
    return PriorAnswers(approvals=approvals, questions=questions)
