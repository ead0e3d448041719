namespace McpActors.Core.Protection;

/// <summary>What a policy says about an operation. Closed: there are these three and no fourth.</summary>
public abstract record PolicyVerdict
{
    private PolicyVerdict()
    {
    }

    /// <summary>A read-only operation: free, and recorded. No mutation ever gets this.</summary>
    public sealed record Allowed : PolicyVerdict
    {
        internal static readonly Allowed Instance = new();

        private Allowed()
        {
        }
    }

    /// <summary>A mutation that humans may approve.</summary>
    public sealed record NeedsApproval(ApprovalTier Tier) : PolicyVerdict;

    /// <summary>Nobody may approve it.</summary>
    public sealed record Denied(DenialReason Reason) : PolicyVerdict;
}

/// <summary>Why a policy denies an operation.</summary>
public enum DenialReason
{
    /// <summary>There is no operation of exactly that name.</summary>
    UnknownOperation,

    /// <summary>The policy does not name it.</summary>
    NotInPolicy,

    /// <summary>The policy says <c>denied</c>.</summary>
    ByPolicy,
}
