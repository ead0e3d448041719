using System.Collections.Frozen;

namespace McpActors.Core.Protection;

/// <summary>One operation that the product has.</summary>
public abstract record Operation
{
    private Operation(string name) => Name = name;

    /// <summary>Its exact name; the comparison is ordinal.</summary>
    public string Name { get; }

    /// <summary>Free, and recorded. It changes nothing, starts nothing and opens nothing that a caller names.</summary>
    public sealed record Read : Operation
    {
        internal Read(string name)
            : base(name)
        {
        }
    }

    /// <summary>Changes something; needs an authorization.</summary>
    public sealed record Mutation : Operation
    {
        internal Mutation(string name, string verb, string targetKind, int maxTargets, ApprovalTier least, RiskLevel risk)
            : base(name)
        {
            Verb = verb;
            TargetKind = targetKind;
            MaxTargets = maxTargets;
            LeastTier = least;
            Risk = risk;
        }

        /// <summary>What it does, for a sentence about its impact: <c>Restarts</c>.</summary>
        public string Verb { get; }

        /// <summary>What it changes, one of <see cref="TargetKinds"/>.</summary>
        public string TargetKind { get; }

        /// <summary>The most targets of one request; 1 or more.</summary>
        public int MaxTargets { get; }

        /// <summary>The tier below which no policy may put it.</summary>
        public ApprovalTier LeastTier { get; }

        /// <summary>Its own risk, before the circumstances.</summary>
        public RiskLevel Risk { get; }
    }
}

/// <summary>What can be changed.</summary>
public static class TargetKinds
{
    /// <summary>A server of the fleet, by its name.</summary>
    public const string Server = "server";

    /// <summary>A protected file, by its path.</summary>
    public const string File = "file";

    /// <summary>The policy, <c>policy</c>.</summary>
    public const string Policy = "policy";

    /// <summary>A signing key, by its purpose.</summary>
    public const string Key = "key";

    /// <summary>The baseline of protected files, <c>baseline</c>.</summary>
    public const string Baseline = "baseline";

    /// <summary>A person or service account, by its id.</summary>
    public const string Principal = "principal";
}

/// <summary>
/// Every operation there is. A name that is not here, in another case or with a blank around it, is an unknown mutation
/// and is denied; the operations of a policy file can only be these.
/// </summary>
public static class Operations
{
    public const string HealthCheck = "health_check";
    public const string GetStatus = "get_status";
    public const string ListServers = "list_servers";
    public const string GetMetrics = "get_metrics";
    public const string CheckVersion = "check_version";
    public const string GetLogs = "get_logs";
    public const string ListTools = "list_tools";
    public const string GetAudit = "get_audit";

    /// <summary>Stop a server's process and start it again, unchanged.</summary>
    public const string Restart = "restart";

    /// <summary>Start a server that was stopped or held.</summary>
    public const string Start = "start";

    /// <summary>Remove what a server left behind: orphans, temporary files, old logs.</summary>
    public const string CleanUp = "cleanup";

    /// <summary>Put another version of a server's package in place.</summary>
    public const string Update = "update";

    /// <summary>Change a server's configuration.</summary>
    public const string Configure = "configure";

    /// <summary>Stop a server and keep it stopped.</summary>
    public const string Stop = "stop";

    /// <summary>Accept a change that somebody made to a protected file.</summary>
    public const string AdoptChange = "adopt_change";

    /// <summary>Accept a server's present tool surface.</summary>
    public const string PinTools = "pin_tools";

    /// <summary>Put a backup back in place.</summary>
    public const string Restore = "restore";

    /// <summary>Stop several servers, or all.</summary>
    public const string StopAll = "stop_all";

    /// <summary>Replace the policy.</summary>
    public const string ChangePolicy = "change_policy";

    /// <summary>Replace a signing key.</summary>
    public const string RotateKey = "rotate_key";

    /// <summary>Take the protected files as they are now for good.</summary>
    public const string SetBaseline = "set_baseline";

    /// <summary>Add a person or account, or change roles, keys or whether it is enabled.</summary>
    public const string ChangePrincipal = "change_principal";

    /// <summary>The most targets of a batch.</summary>
    public const int MaxBatch = 100;

    private static readonly FrozenDictionary<string, Operation> s_all = new Operation[]
    {
        new Operation.Read(HealthCheck),
        new Operation.Read(GetStatus),
        new Operation.Read(ListServers),
        new Operation.Read(GetMetrics),
        new Operation.Read(CheckVersion),
        new Operation.Read(GetLogs),
        new Operation.Read(ListTools),
        new Operation.Read(GetAudit),
        new Operation.Mutation(Restart, "Restarts", TargetKinds.Server, 1, ApprovalTier.OneApproval, RiskLevel.Low),
        new Operation.Mutation(Start, "Starts", TargetKinds.Server, 1, ApprovalTier.OneApproval, RiskLevel.Low),
        new Operation.Mutation(CleanUp, "Removes what is left of", TargetKinds.Server, MaxBatch, ApprovalTier.OneApproval, RiskLevel.Low),
        new Operation.Mutation(Update, "Updates", TargetKinds.Server, 1, ApprovalTier.OneApprovalWithReason, RiskLevel.Medium),
        new Operation.Mutation(Configure, "Changes the configuration of", TargetKinds.Server, 1, ApprovalTier.OneApprovalWithReason, RiskLevel.Medium),
        new Operation.Mutation(Stop, "Stops", TargetKinds.Server, 1, ApprovalTier.OneApprovalWithReason, RiskLevel.Medium),
        new Operation.Mutation(AdoptChange, "Accepts the changed content of", TargetKinds.File, 1, ApprovalTier.OneApprovalWithReason, RiskLevel.Medium),
        new Operation.Mutation(PinTools, "Accepts the present tools of", TargetKinds.Server, 1, ApprovalTier.OneApprovalWithReason, RiskLevel.Medium),
        new Operation.Mutation(Restore, "Puts a backup in place of", TargetKinds.Server, 1, ApprovalTier.TwoHumans, RiskLevel.High),
        new Operation.Mutation(StopAll, "Stops", TargetKinds.Server, 10_000, ApprovalTier.TwoHumans, RiskLevel.Critical),
        new Operation.Mutation(ChangePolicy, "Replaces", TargetKinds.Policy, 1, ApprovalTier.TwoHumans, RiskLevel.Critical),
        new Operation.Mutation(RotateKey, "Replaces", TargetKinds.Key, 1, ApprovalTier.TwoHumans, RiskLevel.Critical),
        new Operation.Mutation(SetBaseline, "Replaces", TargetKinds.Baseline, 1, ApprovalTier.TwoHumans, RiskLevel.Critical),
        new Operation.Mutation(ChangePrincipal, "Changes", TargetKinds.Principal, 1, ApprovalTier.TwoHumans, RiskLevel.Critical),
    }.ToFrozenDictionary(o => o.Name, StringComparer.Ordinal);

    /// <summary>All operations.</summary>
    public static IEnumerable<Operation> All => s_all.Values;

    /// <summary>All mutations.</summary>
    public static IEnumerable<Operation.Mutation> Mutations => s_all.Values.OfType<Operation.Mutation>();

    /// <summary>The operation of exactly that name, or null: an unknown operation is a mutation that is denied.</summary>
    public static Operation? Find(string? name) => name is null ? null : s_all.GetValueOrDefault(name);
}
