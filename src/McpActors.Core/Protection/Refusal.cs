namespace McpActors.Core.Protection;

/// <summary>All that a caller learns about a refusal.</summary>
public enum RefusalClass
{
    /// <summary>The request makes no sense (400).</summary>
    Malformed,

    /// <summary>The caller may not do that; one answer for every bad, used or foreign token (403).</summary>
    NotAllowed,

    /// <summary>There is no such request, or it is somebody else's (404).</summary>
    Unknown,

    /// <summary>Not now, or not any more; or what was approved is no longer what is there (409).</summary>
    WrongState,

    /// <summary>Too many (429).</summary>
    Rate,

    /// <summary>The guardian cannot decide safely now (503).</summary>
    Unavailable,
}

/// <summary>A refusal: an expected answer, not an exception.</summary>
/// <param name="Code">A stable name for the audit log, never changed; not for the caller.</param>
/// <param name="Class">What the caller learns.</param>
/// <param name="Detail">What is wrong and what to do next, for the audit log.</param>
public sealed record Refusal(string Code, RefusalClass Class, string Detail)
{
    /// <summary>The one text that every caller gets for a refusal of this class.</summary>
    public string CallerText => Class switch
    {
        RefusalClass.Malformed => "The request is not well-formed. Check the operation's name, the target, the parameters and the reason.",
        RefusalClass.Unknown => "There is no such authorization. List yours to see their ids.",
        RefusalClass.WrongState => "The authorization, or what it would change, is not in the state that this needs. Read it again before you go on.",
        RefusalClass.Rate => "There are too many requests. Wait for open ones to end, then try again.",
        RefusalClass.Unavailable => "Nothing can be changed at the moment. Reading works; try again later.",
        _ => "This is not allowed.",
    };
}

/// <summary>Every refusal that there is.</summary>
public static class Refusals
{
    public static readonly Refusal NoPolicy = Make("no_policy", RefusalClass.Unavailable, "There is no valid policy yet. Mend the policy file.");
    public static readonly Refusal ClockSuspect = Make("clock_suspect", RefusalClass.Unavailable, "The clock went back by more than two seconds. A human with the admin role must confirm it.");

    public static readonly Refusal UnknownPrincipal = Make("unknown_principal", RefusalClass.NotAllowed, "Nobody in the directory has this id.");
    public static readonly Refusal Disabled = Make("principal_disabled", RefusalClass.NotAllowed, "The principal is disabled.");
    public static readonly Refusal NotHuman = Make("not_human", RefusalClass.NotAllowed, "Only a human may do this; a service account may request.");
    public static readonly Refusal MissingRole = Make("missing_role", RefusalClass.NotAllowed, "The principal lacks the role for this.");
    public static readonly Refusal PolicyDenied = Make("policy_denied", RefusalClass.NotAllowed, "The policy denies this operation.");
    public static readonly Refusal OwnRequest = Make("own_request", RefusalClass.NotAllowed, "Nobody approves their own request. Ask another approver.");
    public static readonly Refusal OwnCritical = Make("own_critical_request", RefusalClass.NotAllowed, "A critical operation needs two humans besides the requester, also with a single operator.");
    public static readonly Refusal StepUpNeeded = Make("step_up_needed", RefusalClass.NotAllowed, "A single operator must sign in again to approve an own request.");
    public static readonly Refusal NotRequester = Make("not_requester", RefusalClass.NotAllowed, "Only the requester may do this; an approver can deny.");
    public static readonly Refusal OtherRequest = Make("token_other_request", RefusalClass.NotAllowed, "The token belongs to another request.");
    public static readonly Refusal HolderMismatch = Make("holder_mismatch", RefusalClass.NotAllowed, "The token belongs to somebody else.");
    public static readonly Refusal TokenDigest = Make("token_digest_mismatch", RefusalClass.NotAllowed, "The token was made for other bytes than those that are stored.");
    public static readonly Refusal TokenSuperseded = Make("token_superseded", RefusalClass.NotAllowed, "This is not the token that was handed out last.");
    public static readonly Refusal AlreadyConsumed = Make("already_consumed", RefusalClass.NotAllowed, "The token was used. File a new request.");
    public static readonly Refusal NotApproved = Make("not_approved", RefusalClass.NotAllowed, "The request lacks approvals.");
    public static readonly Refusal ApprovalLost = Make("approval_lost", RefusalClass.NotAllowed, "An approver was disabled, lost the role, or may not approve this any more. File a new request.");
    public static readonly Refusal TokenDenied = Make("token_of_denied_request", RefusalClass.NotAllowed, "The request was denied.");
    public static readonly Refusal TokenExpired = Make("token_of_expired_request", RefusalClass.NotAllowed, "The request expired. File a new one.");
    public static readonly Refusal TokenCancelled = Make("token_of_cancelled_request", RefusalClass.NotAllowed, "The request was cancelled.");
    public static readonly Refusal PolicyNotAuthorized = Make("policy_not_authorized", RefusalClass.NotAllowed, "The policy in force stays: another one needs an executed change_policy for exactly its hash.");
    public static readonly Refusal PolicyRollback = Make("policy_rollback", RefusalClass.NotAllowed, "A new policy needs a higher revision than the one in force.");

    public static readonly Refusal UnknownOperation = Make("unknown_operation", RefusalClass.Malformed, "There is no operation of exactly this name.");
    public static readonly Refusal ReadOnlyOperation = Make("read_only_operation", RefusalClass.Malformed, "A read-only operation needs no authorization.");
    public static readonly Refusal BadTarget = Make("bad_target", RefusalClass.Malformed, "The target is not one that this operation takes, or not named explicitly.");
    public static readonly Refusal NoTarget = Make("no_target", RefusalClass.Malformed, "Nothing fits the target.");
    public static readonly Refusal BadRequest = Make("bad_request", RefusalClass.Malformed, "A value of the request is out of its range.");
    public static readonly Refusal ReasonNeeded = Make("reason_needed", RefusalClass.Malformed, "This operation needs a reason that says something.");
    public static readonly Refusal BadReason = Make("bad_reason", RefusalClass.Malformed, "The reason is longer than 2,000 characters or not Unicode.");

    public static readonly Refusal UnknownRequest = Make("unknown_request", RefusalClass.Unknown, "There is no such request.");
    public static readonly Refusal NotYours = Make("not_yours", RefusalClass.Unknown, "The request is somebody else's.");
    public static readonly Refusal NotFrozen = Make("not_frozen", RefusalClass.Unknown, "The target is not frozen by this request.");

    public static readonly Refusal ClockNotSuspect = Make("clock_not_suspect", RefusalClass.WrongState, "The clock did not go back; there is nothing to confirm.");
    public static readonly Refusal DuplicateId = Make("duplicate_id", RefusalClass.WrongState, "There is a request of this id. Draw a new one.");
    public static readonly Refusal DigestMismatch = Make("digest_mismatch", RefusalClass.WrongState, "The digest is not that of this request. Read the request again.");
    public static readonly Refusal AlreadyApprovedByYou = Make("already_approved_by_you", RefusalClass.WrongState, "One human counts once.");
    public static readonly Refusal AlreadyApproved = Make("already_approved", RefusalClass.WrongState, "The request has all its approvals.");
    public static readonly Refusal NotOpen = Make("not_open", RefusalClass.WrongState, "The request was executed.");
    public static readonly Refusal WasDenied = Make("was_denied", RefusalClass.WrongState, "The request was denied; that is final.");
    public static readonly Refusal WasExpired = Make("was_expired", RefusalClass.WrongState, "The request expired. File a new one.");
    public static readonly Refusal WasCancelled = Make("was_cancelled", RefusalClass.WrongState, "The request was cancelled; that is final.");
    public static readonly Refusal NotRunning = Make("not_running", RefusalClass.WrongState, "The request is not being executed.");
    public static readonly Refusal PolicyChanged = Make("policy_changed", RefusalClass.WrongState, "The policy changed since the request was made. File a new one.");
    public static readonly Refusal StaleTarget = Make("stale_target", RefusalClass.WrongState, "What is to be changed is no longer as it was when it was asked for. File a new request.");
    public static readonly Refusal TargetFrozen = Make("target_frozen", RefusalClass.WrongState, "The outcome of an earlier operation on this target is unknown. Look at the target, then reconcile it.");
    public static readonly Refusal TargetBusy = Make("target_busy", RefusalClass.WrongState, "Another operation on this target is running. Try again when it has ended.");

    public static readonly Refusal TooManyOpenOfRequester = Make("too_many_open_of_requester", RefusalClass.Rate, "The requester has as many open requests as allowed.");
    public static readonly Refusal TooManyOpen = Make("too_many_open", RefusalClass.Rate, "There are as many open requests as allowed.");
    public static readonly Refusal TooManyLately = Make("too_many_lately", RefusalClass.Rate, "The requester filed too many requests within ten minutes.");
    public static readonly Refusal TooManySeals = Make("too_many_seals", RefusalClass.Rate, "The token of this request was renewed as often as allowed.");
    public static readonly Refusal CoolingDown = Make("cooling_down", RefusalClass.Rate, "The same request was denied lately. Wait, or ask for something else.");

    /// <summary>The refusal of a bad token; to the caller all of them are one.</summary>
    public static Refusal Token(TokenFault fault) => fault switch
    {
        TokenFault.Missing => Make("no_token", RefusalClass.NotAllowed, "There is no token."),
        TokenFault.Length => Make("token_length", RefusalClass.NotAllowed, "The token is too short or too long."),
        TokenFault.Encoding => Make("token_encoding", RefusalClass.NotAllowed, "The token is not canonically encoded."),
        TokenFault.Header => Make("token_header", RefusalClass.NotAllowed, "The token's header is not that of an approval token."),
        TokenFault.UnknownKey => Make("token_unknown_key", RefusalClass.NotAllowed, "The token's key is not known."),
        TokenFault.KeyOutOfWindow => Make("token_key_out_of_window", RefusalClass.NotAllowed, "The token's key no longer counts, or not yet."),
        TokenFault.SignatureForm => Make("token_signature_form", RefusalClass.NotAllowed, "The token's signature is not canonical."),
        TokenFault.Signature => Make("token_signature", RefusalClass.NotAllowed, "The token's signature is wrong."),
        TokenFault.Payload => Make("token_payload", RefusalClass.NotAllowed, "The token's payload is not that of an approval token."),
        TokenFault.Issuer => Make("token_issuer", RefusalClass.NotAllowed, "The token has another issuer."),
        TokenFault.Audience => Make("token_audience", RefusalClass.NotAllowed, "The token is for another installation."),
        TokenFault.Lifetime => Make("token_lifetime", RefusalClass.NotAllowed, "The token's lifetime is not possible."),
        TokenFault.NotYet => Make("token_not_yet", RefusalClass.NotAllowed, "The token is from the future."),
        TokenFault.Expired => Make("token_expired", RefusalClass.NotAllowed, "The token expired."),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "No such fault."),
    };

    private static Refusal Make(string code, RefusalClass kind, string detail) => new(code, kind, detail);
}
