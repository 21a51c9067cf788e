"""The integer codes that kernels, ledger and files share. Append-only: a code once given keeps its meaning."""

from __future__ import annotations

from enum import IntEnum


class Cause(IntEnum):
    """Why an emergency contact happened: each is a clock of its own."""

    ILLNESS = 0
    UNMET = 1  # need not met at home
    UNMANAGED = 2  # long-term conditions that primary and proactive care might have kept quiet
    BREAKDOWN = 3  # the carer gave up
    LAST_PHASE = 4  # last weeks or months of life
    RETURN = 5  # after a discharge
    UNTREATED = 6  # an earlier emergency that was not admitted


class Setting(IntEnum):
    """Where a person lives or is being looked after today."""

    HOME = 0
    REABLEMENT = 1  # at home, short-term support to recover independence
    INTERMEDIATE = 2  # at home, NHS intermediate care after hospital
    RESIDENTIAL = 3
    NURSING = 4


class Funder(IntEnum):
    """Who pays for a person's long-term care."""

    NOBODY = 0
    COUNCIL = 1
    SELF = 2
    NHS = 3  # continuing healthcare


class Reason(IntEnum):
    """What a person who is fit to leave hospital waits for: the reasons of the national return of delayed transfers."""

    FURTHER_NHS = 0  # non-acute NHS care, such as intermediate care
    ASSESSMENT = 1  # completion of assessment
    PACKAGE = 2  # care package in the own home
    RESIDENTIAL = 3  # a place in a residential home
    FUNDING = 4  # public funding: a decision who pays, or money for a start
    CHOICE = 5  # own arrangements: patient or family
    NURSING = 6  # a place in a nursing home
    EQUIPMENT = 7  # community equipment and adaptations
    HOUSING = 8
    DISPUTES = 9


class Responsible(IntEnum):
    """Which body the national return holds responsible for a delay."""

    NHS = 0
    SOCIAL_CARE = 1
    BOTH = 2


class Unmet(IntEnum):
    """Why nobody meets a person's need today: recomputed from the person's state, never kept."""

    NOT_ASKED = 0
    WAITING = 1  # for an assessment, for a start of care, or while looking oneself
    MONEY = 2  # granted; the start waits for public funding
    MARKET = 3  # granted; no provider has room
    ELIGIBILITY = 4  # below the threshold however need is judged
    STRICTNESS = 5  # judged below it
    HOURS = 6  # a council package that leaves part of the need
    OWN_COST = 7  # would pay in full, and buys none or part
    CARER_LOST = 8  # the carer gave up


class Service(IntEnum):
    """Service lines of the ledger."""

    SETTLEMENT = 0
    ATTENDANCE = 1
    EMERGENCY_SPELL = 2
    EXCESS_DAYS = 3
    COMMUNITY = 4
    PROACTIVE = 5
    ASSESSMENT = 6
    REABLEMENT = 7
    HOME_CARE = 8
    RESIDENTIAL_CARE = 9
    NURSING_CARE = 10
    CHARGES = 11
    COMMITTED = 12
    POOL = 13
    OUTPATIENT = 14
    ELECTIVE = 15
    CONTINUING_CARE = 16  # continuing healthcare
    DELAY_REIMBURSEMENT = 17  # of recorded delays, by councils to hospitals
    ACUTE_CONTRACT = 18  # a hospital's monthly sum where it is not paid by what it does
    COMMUNITY_NURSING = 19
    MENTAL_HEALTH = 20
    DEMENTIA = 21
    CONTINENCE = 22
    CARE_HOME_SUPPORT = 23  # health teams that look after people in care homes
    PRIMARY_CARE = 24
    PREVENTION = 25
    BROKERAGE = 26  # finding and starting packages
    MANAGEMENT = 27  # of the organisations that commission
    TRANSITION = 28  # what a reorganisation costs


class Account(IntEnum):
    """Budget lines that a structure gives to holders."""

    ACUTE = 0  # hospitals' bills, which come by themselves
    COMMUNITY = 1  # community health services
    SOCIAL_CARE = 2
    HOSPITAL = 3  # a hospital's margin
    CONTINUING_CARE = 4  # continuing healthcare
    MENTAL_HEALTH = 5  # mental health and dementia services
    PUBLIC_HEALTH = 6  # prevention
    PRIMARY_CARE = 7  # general practice
    MANAGEMENT = 8  # an organisation's own: no structure gives it to anybody
    TRANSITION = 9  # an organisation's own: what changing over to a structure costs it


class Lever(IntEnum):
    """What an organisation can move; higher always means more of the named thing. NONE is nobody's decision."""

    NONE = 0
    STRICTNESS = 1
    GENEROSITY = 2
    REABLEMENT = 3
    ASSESSMENT = 4
    COMMUNITY = 5
    PROACTIVE = 6
    ADMISSION_THRESHOLD = 7
    DISCHARGE_READINESS = 8
    ELIGIBILITY = 9
    CHARGES = 10
    FEES = 11
    BROKERAGE = 12
    PREVENTION = 13
    COMMUNITY_NURSING = 14
    MENTAL_HEALTH = 15
    DEMENTIA = 16
    CONTINENCE = 17
    CARE_HOME_SUPPORT = 18
    GP_ACCESS = 19
    CHC_STRICTNESS = 20
    DISCHARGE_COORDINATION = 21
    ELECTIVE_LISTS = 22
    DAY_CASES = 23
    CONTRIBUTION = 24  # of consortia to social care, through a joint scheme


class Party(IntEnum):
    """Kinds of party in the ledger."""

    TREASURY = 0  # the national bodies that settle budgets
    COUNCIL = 1
    CONSORTIUM = 2
    HOSPITAL = 3
    CARE_MARKET = 4
    HOUSEHOLD = 5
    ELSEWHERE = 6  # the parts of organisations outside the place, and activity outside the model
    COMMISSIONER = 7  # a body that a structure may create
    COMMUNITY_PROVIDER = 8


class Condition(IntEnum):
    """Long-term conditions: bit numbers of `conditions` in a person's record."""

    HYPERTENSION = 0
    DIABETES = 1
    CHD = 2
    HEART_FAILURE = 3
    ATRIAL_FIBRILLATION = 4
    STROKE_TIA = 5
    COPD = 6
    ASTHMA = 7
    CKD = 8
    CANCER = 9
    DEMENTIA = 10
    DEPRESSION = 11
    SMI = 12
    OSTEOARTHRITIS = 13


class CaseState(IntEnum):
    """Where a case stands: people in hospital, in a queue, or in short-term care (days are spent here one by one).

    States from BOARDING to WAIT_HOUSING are in hospital, those from WAIT_FURTHER_NHS on fit to leave it; states from
    HOME_ASSESSMENT to HOME_CHOICE wait at home.
    """

    CLOSED = 0
    BOARDING = 1  # admitted, waiting in A&E for a bed
    ACUTE = 2
    SURGERY = 3  # in for an operation
    WAIT_FURTHER_NHS = 4
    WAIT_PLANNING = 5  # for the hospital's discharge coordinators
    WAIT_ASSESSMENT = 6  # for a social worker
    WAIT_FUNDING = 7  # for a decision on continuing healthcare
    WAIT_DISPUTE = 8  # consortium and council disagree who pays
    WAIT_PACKAGE = 9
    WAIT_PLACEMENT = 10
    WAIT_CHOICE = 11
    WAIT_EQUIPMENT = 12
    WAIT_HOUSING = 13
    HOME_ASSESSMENT = 14
    HOME_FUNDING = 15
    HOME_DISPUTE = 16
    HOME_PACKAGE = 17
    HOME_PLACEMENT = 18
    HOME_CHOICE = 19
    REABLEMENT = 20
    INTERMEDIATE = 21
    INTERIM = 22  # in a care-home bed for a while, on the way to a lasting arrangement


class Ward(IntEnum):
    """Where in the hospital a bed stands."""

    ASSESSMENT_UNIT = 0
    GENERAL = 1
    OLDER = 2  # older people's
    NONE = 255


class PeopleKind(IntEnum):
    """Kinds of people whose care may be paid for by a rule of its own, see ``agents.patients.kinds``; a person may be of several."""

    SEVERAL_CONDITIONS = 0
    FRAIL_ELDERS = 1


HELD_ACCOUNTS = tuple(account for account in Account if account < Account.MANAGEMENT)
"""Accounts that a structure gives to holders; every organisation bears the others itself."""

N_CONDITIONS = len(Condition)
N_CAUSES = len(Cause)
N_REASONS = len(Reason)
N_RESPONSIBLE = len(Responsible)
N_UNMET = len(Unmet)
N_KINDS = len(PeopleKind)
YOUNGEST, OLDEST = 18, 110  # ages that tables know
N_AGES = OLDEST - YOUNGEST + 1
