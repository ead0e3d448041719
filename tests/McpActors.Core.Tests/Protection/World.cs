using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using McpActors.Core.Protection;

namespace McpActors.Core.Tests.Protection;

/// <summary>A key for tests; the private half stays here.</summary>
internal sealed class TestSigner : ITokenSigner
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string KeyId => TokenKey.IdOf(_key.ExportParameters(false).Q);

    public byte[] SubjectPublicKeyInfo => _key.ExportSubjectPublicKeyInfo();

    public string Pem => _key.ExportSubjectPublicKeyInfoPem();

    public ECParameters Public => _key.ExportParameters(false);

    public byte[] Sign(ReadOnlySpan<byte> signingInput) =>
        _key.SignData(signingInput, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public TokenKey Key(DateTimeOffset? from = null, DateTimeOffset? until = null) =>
        TokenKey.FromSubjectPublicKeyInfo(SubjectPublicKeyInfo, from ?? DateTimeOffset.MinValue, until ?? DateTimeOffset.MaxValue);
}

/// <summary>A guardian's shell without actors: it decides, applies, and remembers every event.</summary>
internal sealed class World
{
    public static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    public static readonly TestSigner Signer = new();
    public static readonly TokenRealm Realm = new("mcpactors", "installation-1");
    public static readonly PrincipalId Alice = new("alice");
    public static readonly PrincipalId Bob = new("bob");
    public static readonly PrincipalId Carol = new("carol");
    public static readonly PrincipalId Dave = new("dave");
    public static readonly PrincipalId Robot = new("robot");
    public static readonly PrincipalId Viewer = new("viewer");

    private const PrincipalRoles Everything = PrincipalRoles.Viewer | PrincipalRoles.Operator | PrincipalRoles.Approver | PrincipalRoles.Admin;

    private readonly Dictionary<PrincipalId, Principal> _people = new Principal[]
    {
        new(Alice, PrincipalKind.Human, Everything, true),
        new(Bob, PrincipalKind.Human, Everything, true),
        new(Carol, PrincipalKind.Human, PrincipalRoles.Approver, true),
        new(Dave, PrincipalKind.Human, PrincipalRoles.Approver | PrincipalRoles.Operator, true),
        new(Robot, PrincipalKind.Service, Everything, true),
        new(Viewer, PrincipalKind.Human, PrincipalRoles.Viewer, true),
    }.ToDictionary(p => p.Id);

    private int _ids;

    public World(bool singleOperator = false, bool policy = true)
    {
        if (policy)
        {
            Must(new AuthorizationCommand.AdoptPolicy(Policy(AuthorizationPolicy.DefaultText), singleOperator, null));
        }
    }

    public AuthorizationState State { get; private set; } = AuthorizationState.Empty;

    public DateTimeOffset Now { get; set; } = Start;

    public List<AuthorizationEvent> Events { get; } = [];

    public AuthorizationIssuer Issuer { get; } = new(Realm, Signer);

    public TokenVerifier Verifier { get; } = new(Realm, new TokenKeyRing([Signer.Key()]));

    public PrincipalDirectory Directory => new(_people.Values);

    public static AuthorizationPolicy Policy(string text) => AuthorizationPolicy.Read("policy.json", Encoding.UTF8.GetBytes(text)).Policy!;

    public static Sha256Hash Hash(string text) => Sha256Hash.Of("test", Encoding.UTF8.GetBytes(text));

    public static TargetState Server(string name, string state = "running", string instance = "1") =>
        new(new AuthorizationTarget(TargetKinds.Server, name, instance), Hash(state));

    public static RequestDraft Draft(string operation = Operations.Restart, string target = "a", string parameters = "{}", string reason = "it hangs", string kind = TargetKinds.Server) =>
        new(operation, new TargetSelector(kind, target), CanonicalObject.TryRead(parameters)!, reason);

    public byte[] Random()
    {
        var bytes = new byte[16];
        BitConverter.TryWriteBytes(bytes, ++_ids);
        return bytes;
    }

    public void Change(PrincipalId id, Func<Principal, Principal> change) => _people[id] = change(_people[id]);

    public Decision Do(AuthorizationCommand command, AuthorizationLimits? limits = null) => Keep(AuthorizationDecider.Decide(State, command, Now, limits));

    public Decision Keep(Decision decision)
    {
        State = decision.After(State);
        Events.AddRange(decision.Events);
        return decision;
    }

    public Decision Must(AuthorizationCommand command)
    {
        var decision = Do(command);
        return decision.Accepted ? decision : throw new InvalidOperationException(decision.Refusal!.ToString());
    }

    public AuthorizationCommand.Submit Submission(
        RequestDraft? draft = null, PrincipalId? by = null, ImmutableArray<TargetState>? targets = null, ImmutableArray<RiskFactor>? factors = null)
    {
        draft ??= Draft();
        return new AuthorizationCommand.Submit(
            RequestId.FromBytes(Random()), RequestNonce.FromBytes(Random()), by ?? Alice, Directory, draft,
            targets ?? [new TargetState(new AuthorizationTarget(draft.Target.Kind, draft.Target.Id, "1"), Hash("running"))],
            factors ?? []);
    }

    public AuthorizationRequest File(RequestDraft? draft = null, PrincipalId? by = null, ImmutableArray<TargetState>? targets = null)
    {
        var submission = Submission(draft, by, targets);
        Must(submission);
        return State.Requests[submission.Id].Request;
    }

    public AuthorizationCommand.Approve Approval(
        AuthorizationRequest request, PrincipalId by, Sha256Hash? digest = null, string reason = "looked at it", string via = "session", bool steppedUp = false) =>
        new(request.Id, by, Directory, digest ?? request.Digest, reason, via, steppedUp);

    public Issue Approve(AuthorizationRequest request, PrincipalId by, bool steppedUp = false)
    {
        var issue = Issuer.Approve(State, Approval(request, by, steppedUp: steppedUp), TokenId.FromBytes(Random()), Now);
        Keep(issue.Decision);
        return issue;
    }

    public string Approved(AuthorizationRequest request)
    {
        var issue = Approve(request, Bob);
        return (request.RequiredApprovals == 1 ? issue : Approve(request, Carol)).Token!.Text;
    }

    public Decision Consume(AuthorizationRequest request, string? token, PrincipalId? by = null, ImmutableArray<TargetState>? current = null) =>
        Do(new AuthorizationCommand.Consume(request.Id, by ?? request.Requester, Directory, Verifier.Verify(token, State.Time(Now)), current ?? request.Targets));

    public Decision Deny(AuthorizationRequest request, PrincipalId by) => Do(new AuthorizationCommand.Deny(request.Id, by, Directory, "no"));

    public Decision Cancel(AuthorizationRequest request, PrincipalId by) => Do(new AuthorizationCommand.Cancel(request.Id, by, Directory));

    public Decision Complete(AuthorizationRequest request, OperationOutcome outcome) => Do(new AuthorizationCommand.Complete(request.Id, outcome, "done"));

    public AuthorizationPhase Phase(AuthorizationRequest request) => State.Requests[request.Id].Phase;

    /// <summary>Puts another policy in force, the way that it has to go.</summary>
    public void Adopt(string text)
    {
        var policy = Policy(text);
        var request = File(Draft(Operations.ChangePolicy, "policy", $$"""{"hash":"{{policy.Revision.Hash}}"}""", kind: TargetKinds.Policy));
        Consume(request, Approved(request));
        Must(new AuthorizationCommand.AdoptPolicy(policy, State.SingleOperator, request.Id));
        Complete(request, OperationOutcome.Succeeded);
    }

    public AuthorizationState Replayed() => Events.Aggregate(AuthorizationState.Empty, (s, e) => s.Apply(e));
}
