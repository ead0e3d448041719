namespace McpActors.Core.Protection;

/// <summary>How much consent a mutation needs, from little to much. There is no zero: a tier that nobody set is none.</summary>
public enum ApprovalTier
{
    /// <summary>One human.</summary>
    OneApproval = 1,

    /// <summary>One human; the request and the approval both say why.</summary>
    OneApprovalWithReason = 2,

    /// <summary>Two distinct humans besides the requester; the request and each approval say why. Such an operation is critical.</summary>
    TwoHumans = 3,
}

/// <summary>What a tier asks for.</summary>
public static class ApprovalTiers
{
    /// <summary>Distinct approvals that are needed: 1 or 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such tier.</exception>
    public static int RequiredApprovals(this ApprovalTier tier) => tier switch
    {
        ApprovalTier.OneApproval or ApprovalTier.OneApprovalWithReason => 1,
        ApprovalTier.TwoHumans => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "No such tier."),
    };

    /// <summary>True when the request and every approval must say why.</summary>
    public static bool NeedsReason(this ApprovalTier tier) => tier is not ApprovalTier.OneApproval;

    /// <summary>True when nobody may approve their own request, not even a single operator.</summary>
    public static bool IsCritical(this ApprovalTier tier) => tier is not (ApprovalTier.OneApproval or ApprovalTier.OneApprovalWithReason);

    /// <summary>The word of the policy file and of the digest.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such tier.</exception>
    public static string Word(this ApprovalTier tier) => tier switch
    {
        ApprovalTier.OneApproval => "one_approval",
        ApprovalTier.OneApprovalWithReason => "one_approval_with_reason",
        ApprovalTier.TwoHumans => "two_humans",
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "No such tier."),
    };

    /// <summary>The tier of a word, exactly as written; null for any other text.</summary>
    public static ApprovalTier? Parse(string? word) => word switch
    {
        "one_approval" => ApprovalTier.OneApproval,
        "one_approval_with_reason" => ApprovalTier.OneApprovalWithReason,
        "two_humans" => ApprovalTier.TwoHumans,
        _ => null,
    };
}
