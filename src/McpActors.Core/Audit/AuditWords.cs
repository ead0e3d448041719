namespace McpActors.Core.Audit;

/// <summary>The wire words of the enumerations. They are written into leaves, so a word is never changed or given a new meaning.</summary>
public static class AuditWords
{
    private static readonly (AuditOutcome Value, string Word)[] Outcomes =
    [
        (AuditOutcome.Observed, "observed"), (AuditOutcome.Pending, "pending"), (AuditOutcome.Succeeded, "succeeded"),
        (AuditOutcome.Failed, "failed"), (AuditOutcome.Refused, "refused"), (AuditOutcome.Denied, "denied"),
        (AuditOutcome.Expired, "expired"), (AuditOutcome.Cancelled, "cancelled"), (AuditOutcome.Indeterminate, "indeterminate"),
    ];

    private static readonly (AuditActorKind Value, string Word)[] ActorKinds =
    [
        (AuditActorKind.Anonymous, "anonymous"), (AuditActorKind.Human, "human"), (AuditActorKind.Service, "service"), (AuditActorKind.System, "system"),
    ];

    private static readonly (AuditRollbackState Value, string Word)[] RollbackStates =
    [
        (AuditRollbackState.Available, "available"), (AuditRollbackState.Impossible, "impossible"), (AuditRollbackState.Done, "done"), (AuditRollbackState.Failed, "failed"),
    ];

    private static readonly (LogFaultKind Value, string Word)[] Faults =
    [
        (LogFaultKind.Edit, "edit"), (LogFaultKind.Delete, "delete"), (LogFaultKind.Insert, "insert"), (LogFaultKind.Reorder, "reorder"),
        (LogFaultKind.Truncate, "truncate"), (LogFaultKind.Fork, "fork"), (LogFaultKind.Rollback, "rollback"), (LogFaultKind.Projection, "projection"),
    ];

    /// <summary>The word of an outcome.</summary>
    public static string Of(AuditOutcome outcome) => Word(Outcomes, outcome);

    /// <summary>The word of a kind of principal.</summary>
    public static string Of(AuditActorKind kind) => Word(ActorKinds, kind);

    /// <summary>The word of a rollback's state.</summary>
    public static string Of(AuditRollbackState state) => Word(RollbackStates, state);

    /// <summary>The word of a fault.</summary>
    public static string Of(LogFaultKind kind) => Word(Faults, kind);

    /// <summary>Reads an outcome's word, exactly as written.</summary>
    public static bool TryOutcome(string? word, out AuditOutcome outcome) => Find(Outcomes, word, out outcome);

    internal static bool TryActorKind(string? word, out AuditActorKind kind) => Find(ActorKinds, word, out kind);

    internal static bool TryRollbackState(string? word, out AuditRollbackState state) => Find(RollbackStates, word, out state);

    private static string Word<T>((T Value, string Word)[] words, T value)
        where T : struct, Enum
    {
        foreach (var (candidate, word) in words)
        {
            if (EqualityComparer<T>.Default.Equals(candidate, value))
            {
                return word;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(value), value, "There is no word for this value.");
    }

    private static bool Find<T>((T Value, string Word)[] words, string? word, out T value)
        where T : struct, Enum
    {
        foreach (var (candidate, text) in words)
        {
            if (text == word)
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }
}
