using System.Reflection;
using System.Text;
using FluentAssertions;
using McpActors.Core.Protection;
using Xunit;

namespace McpActors.Core.Tests.Protection;

/// <summary>Policy, clock, recovery, bounds, and events that cannot happen.</summary>
public sealed class GuardianSpec
{
    private static readonly string s_two = AuthorizationPolicy.DefaultText.Replace("\"revision\": 1", "\"revision\": 2", StringComparison.Ordinal);
    private readonly World _world = new();

    [Fact]
    public void Without_a_policy_nothing_is_filed()
    {
        var world = new World(policy: false);

        world.Do(world.Submission()).Refusal.Should().Be(Refusals.NoPolicy);
        Refusals.NoPolicy.Class.Should().Be(RefusalClass.Unavailable);
    }

    [Fact]
    public void A_policy_file_that_somebody_edited_does_not_come_into_force()
    {
        _world.Do(new AuthorizationCommand.AdoptPolicy(World.Policy(s_two), false, null)).Refusal.Should().Be(Refusals.PolicyNotAuthorized);

        var request = _world.File(World.Draft(Operations.ChangePolicy, "policy", $$"""{"hash":"{{World.Hash("another")}}"}""", kind: TargetKinds.Policy));
        _world.Consume(request, _world.Approved(request));
        _world.Do(new AuthorizationCommand.AdoptPolicy(World.Policy(s_two), false, request.Id)).Refusal.Should().Be(Refusals.PolicyNotAuthorized);
        _world.State.Policy!.Revision.Number.Should().Be(1);
        _world.Do(new AuthorizationCommand.AdoptPolicy(World.Policy(AuthorizationPolicy.DefaultText), false, null)).Events.Should().BeEmpty("it is in force");
    }

    [Fact]
    public void An_authorized_policy_comes_into_force_and_never_an_older_one()
    {
        _world.Adopt(s_two);
        _world.State.Policy!.Revision.Number.Should().Be(2);

        var old = World.Policy(AuthorizationPolicy.DefaultText);
        var request = _world.File(World.Draft(Operations.ChangePolicy, "policy", $$"""{"hash":"{{old.Revision.Hash}}"}""", kind: TargetKinds.Policy));
        _world.Consume(request, _world.Approved(request)).Accepted.Should().BeTrue();
        _world.Do(new AuthorizationCommand.AdoptPolicy(old, false, request.Id)).Refusal.Should().Be(Refusals.PolicyRollback);
    }

    [Fact]
    public void S18_A_clock_that_goes_back_a_little_stands_still()
    {
        _world.Now += TimeSpan.FromSeconds(10);
        _world.File();
        _world.Now -= TimeSpan.FromSeconds(2);

        _world.File(World.Draft(target: "b")).CreatedAt.Should().Be(World.Start.AddSeconds(10));
        _world.State.ClockSuspect.Should().BeFalse();
    }

    [Fact]
    public void S18_A_clock_that_goes_back_further_stops_everything_but_saying_no()
    {
        var approved = _world.File();
        var token = _world.Approved(approved);
        var pending = _world.File(World.Draft(target: "b"));
        var running = _world.File(World.Draft(target: "c"));
        _world.Consume(running, _world.Approved(running));
        _world.Now -= TimeSpan.FromSeconds(2) + TimeSpan.FromTicks(1);

        var first = _world.Consume(approved, token);
        first.Refusal.Should().Be(Refusals.ClockSuspect);
        first.Events.Should().Equal(new AuthorizationEvent.ClockSuspected(_world.Now, World.Start));
        _world.Now = World.Start.AddMinutes(1);
        _world.Consume(approved, token).Refusal.Should().Be(Refusals.ClockSuspect, "until a human confirms");
        _world.Do(_world.Submission()).Refusal.Should().Be(Refusals.ClockSuspect);
        _world.Do(_world.Approval(pending, World.Bob)).Refusal.Should().Be(Refusals.ClockSuspect);
        _world.Issuer.Renew(_world.State, approved.Id, World.Alice, _world.Directory, TokenId.FromBytes(new byte[16]), _world.Now).Token.Should().BeNull();
        _world.Do(new AuthorizationCommand.Reconcile(approved.Id, World.Bob, _world.Directory, "why")).Refusal.Should().Be(Refusals.ClockSuspect);
        _world.Do(new AuthorizationCommand.AdoptPolicy(World.Policy(s_two), false, null)).Refusal.Should().Be(Refusals.ClockSuspect);
        _world.Deny(pending, World.Bob).Accepted.Should().BeTrue();
        _world.Cancel(approved, World.Alice).Accepted.Should().BeTrue();
        _world.Complete(running, OperationOutcome.Succeeded).Accepted.Should().BeTrue();
        Refusals.ClockSuspect.Class.Should().Be(RefusalClass.Unavailable);
    }

    [Fact]
    public void S18_A_human_confirms_the_clock_and_no_request_outlives_it()
    {
        var request = _world.File();
        var token = _world.Approved(request);
        _world.Now -= TimeSpan.FromDays(1);
        var confirm = new AuthorizationCommand.ConfirmClock(World.Alice, _world.Directory, "time server was wrong");

        _world.Do(confirm with { By = World.Robot }).Refusal.Should().Be(Refusals.NotHuman);
        _world.Do(confirm with { By = World.Dave }).Refusal.Should().Be(Refusals.MissingRole);
        _world.Do(confirm with { Reason = " " }).Refusal.Should().Be(Refusals.ReasonNeeded);
        _world.Do(confirm).Accepted.Should().BeTrue();
        _world.Phase(request).Should().Be(AuthorizationPhase.Expired);
        _world.Consume(request, token).Accepted.Should().BeFalse();
        _world.File().CreatedAt.Should().Be(World.Start.AddDays(-1));
        _world.Do(confirm).Refusal.Should().Be(Refusals.ClockNotSuspect);
        _world.Replayed().LastSeen.Should().Be(_world.State.LastSeen);
    }

    [Fact]
    public void S18_A_leap_forward_expires_what_is_open_and_a_time_zone_changes_nothing()
    {
        var request = _world.File();
        _world.Now = request.ExpiresAt.AddTicks(-1).ToOffset(TimeSpan.FromHours(14));
        _world.Do(_world.Approval(request, World.Bob)).Accepted.Should().BeTrue();
        _world.Events[^1].At.Offset.Should().Be(TimeSpan.Zero);
        _world.Now = World.Start.AddDays(1);
        _world.Must(new AuthorizationCommand.Tick());
        _world.Phase(request).Should().Be(AuthorizationPhase.Expired);
    }

    [Fact]
    public void C10_What_ran_when_the_node_stopped_is_indeterminate_and_freezes_its_target_until_reconciled()
    {
        var request = _world.File();
        var pending = _world.File(World.Draft(Operations.Stop));
        var token = _world.Approved(pending);
        _world.Consume(request, _world.Approved(request));
        _world.Consume(pending, token).Refusal.Should().Be(Refusals.TargetBusy);
        _world.Must(new AuthorizationCommand.Recover([request.Id])).Events.Should().BeEmpty("it still runs");
        _world.Must(new AuthorizationCommand.Recover([])).Events.Should().ContainSingle().Which.Should().BeOfType<AuthorizationEvent.Completed>()
            .Which.Outcome.Should().Be(OperationOutcome.Indeterminate);

        _world.Consume(pending, token).Refusal.Should().Be(Refusals.TargetFrozen);
        _world.Do(_world.Submission()).Refusal.Should().Be(Refusals.TargetFrozen);
        _world.Do(_world.Submission(targets: [World.Server("a", instance: "2")])).Refusal.Should().Be(Refusals.TargetFrozen, "another incarnation is no way round");
        _world.Do(_world.Submission(World.Draft(target: "b"))).Accepted.Should().BeTrue();

        Reconcile(World.Robot, "looked").Refusal.Should().Be(Refusals.NotHuman);
        Reconcile(World.Bob, " ").Refusal.Should().Be(Refusals.ReasonNeeded);
        Reconcile(World.Bob, "it had restarted").Accepted.Should().BeTrue();
        Reconcile(World.Bob, "again").Refusal.Should().Be(Refusals.NotFrozen);
        _world.Phase(request).Should().Be(AuthorizationPhase.Indeterminate, "finals are final");
        _world.Consume(pending, token).Accepted.Should().BeTrue();

        Decision Reconcile(PrincipalId by, string reason) => _world.Do(new AuthorizationCommand.Reconcile(request.Id, by, _world.Directory, reason));
    }

    [Fact]
    public void An_outcome_is_recorded_whatever_its_detail_is_like()
    {
        var request = _world.File();
        _world.Consume(request, _world.Approved(request));
        var text = new string('x', AuthorizationDecider.MaxDetail - 1) + "\U0001F600 and more";

        _world.Do(new AuthorizationCommand.Complete(request.Id, (OperationOutcome)9, "")).Refusal.Should().Be(Refusals.BadRequest);
        _world.Do(new AuthorizationCommand.Complete(request.Id, OperationOutcome.Failed, text)).Accepted.Should().BeTrue();
        _world.State.Requests[request.Id].Detail.Should().HaveLength(AuthorizationDecider.MaxDetail).And.EndWith("x\uFFFD");
    }

    [Fact]
    public void The_memory_of_final_requests_has_a_bound_and_what_is_forgotten_is_refused()
    {
        var limits = new AuthorizationLimits { FiledPerRequester = int.MaxValue };
        var request = _world.File();
        var token = _world.Approved(request);
        _world.Consume(request, token);
        _world.Complete(request, OperationOutcome.Succeeded);
        for (var i = 0; i < AuthorizationState.MaxRemembered; i++)
        {
            var submission = _world.Submission();
            _world.Do(submission, limits).Accepted.Should().BeTrue();
            _world.Do(new AuthorizationCommand.Cancel(submission.Id, World.Alice, submission.Directory));
        }

        _world.State.Requests.Should().HaveCount(AuthorizationState.MaxRemembered).And.NotContainKey(request.Id);
        _world.Consume(request, token).Refusal.Should().Be(Refusals.UnknownRequest);
    }

    [Fact]
    public void A_digest_is_the_hash_of_the_domain_and_of_the_canonical_bytes()
    {
        var request = _world.File(World.Draft(Operations.Update, parameters: """{"version":"1.2.4"}""", reason: "fixes \u00e9"));

        Encoding.UTF8.GetString(request.Canonical.Span).Should().Be(
            $$"""
            {"created_at":1795435200,"denied_before":0,"expires_at":1795437000,"format":"mcpactors/authorization-request/v1","id":"{{request.Id}}","impact":"Updates server a.","nonce":"{{request.Nonce}}","operation":"update","parameters":{"version":"1.2.4"},"policy":{"hash":"{{_world.State.Policy!.Revision.Hash}}","revision":1},"reason":"fixes é","requester":{"id":"alice","kind":"human"},"required_approvals":1,"risk":{"factors":[],"level":"medium"},"targets":[{"id":"a","instance":"1","kind":"server","state":"{{World.Hash("running")}}"}],"tier":"one_approval_with_reason"}
            """);
        var bytes = Encoding.UTF8.GetBytes("mcpactors/authorization-request/v1\n").Concat(request.Canonical.ToArray()).ToArray();
        request.Digest.Value.Should().Be(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
    }

    [Fact]
    public void Every_stored_byte_counts()
    {
        var request = _world.File(World.Draft(Operations.Update, parameters: """{"version":"1.2.4"}"""));
        var bytes = request.Canonical.ToArray();
        for (var at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= 1;
            AuthorizationRequest? read = null;
            try
            {
                read = AuthorizationRequest.FromCanonical(bytes);
            }
            catch (FormatException)
            {
                // Refused: as good as another digest.
            }

            read?.Digest.Should().NotBe(request.Digest);
            bytes[at] ^= 1;
        }

        var truncated = () => AuthorizationRequest.FromCanonical(bytes.AsMemory(1));
        var padded = () => AuthorizationRequest.FromCanonical(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes) + " "));
        truncated.Should().Throw<FormatException>();
        padded.Should().Throw<FormatException>();
        AuthorizationRequest.FromCanonical(bytes).Should().Be(request);
    }

    [Fact]
    public void A_batch_as_large_as_allowed_fits()
    {
        var draft = World.Draft(Operations.StopAll, "*");
        var request = _world.File(draft, targets: draft.Target.Expand(Enumerable.Range(0, 10_000).Select(i => World.Server("server-" + i))));

        AuthorizationRequest.FromCanonical(request.Canonical).Digest.Should().Be(request.Digest);
        request.Impact.Should().Be("Stops 10000 servers: server-0, server-1, server-10, server-100, server-1000 and others.");
    }

    [Fact]
    public void Impossible_events_stop_the_replay()
    {
        var request = _world.File();
        var restore = _world.File(World.Draft(Operations.Restore, "b"));
        var at = _world.State.LastSeen;
        var unknown = RequestId.FromBytes(new byte[16]);
        AuthorizationEvent[] impossible =
        [
            new AuthorizationEvent.Requested(request, at),
            new AuthorizationEvent.Authorized(request.Id, at),
            new AuthorizationEvent.Authorized(unknown, at),
            new AuthorizationEvent.ApprovalGiven(request.Id, World.Bob, false, World.Hash("other"), "", "session", at),
            new AuthorizationEvent.ApprovalGiven(request.Id, World.Alice, false, request.Digest, "", "session", at),
            new AuthorizationEvent.ApprovalGiven(request.Id, World.Alice, true, request.Digest, "", "session", at),
            new AuthorizationEvent.ApprovalGiven(request.Id, World.Bob, false, request.Digest, "", "session", request.ExpiresAt),
            new AuthorizationEvent.TokenSealed(request.Id, TokenId.FromBytes(new byte[16]), "k", World.Hash("t"), at),
            new AuthorizationEvent.Consumed(request.Id, World.Alice, TokenId.FromBytes(new byte[16]), request.Digest, at),
            new AuthorizationEvent.Completed(request.Id, OperationOutcome.Succeeded, "", at),
            new AuthorizationEvent.Cancelled(request.Id, World.Bob, at),
            new AuthorizationEvent.Expired(request.Id, request.ExpiresAt.AddTicks(-1)),
            new AuthorizationEvent.Reconciled(request.Id, World.Bob, "", at),
            new AuthorizationEvent.ClockConfirmed(World.Alice, "", at),
            new AuthorizationEvent.ClockSuspected(at, at),
            new AuthorizationEvent.Denied(request.Id, World.Bob, "", at.AddTicks(-10)),
            new AuthorizationEvent.PolicyAdopted(World.Policy(s_two), false, null, at),
            new AuthorizationEvent.PolicyAdopted(World.Policy(s_two), false, request.Id, at),
        ];

        foreach (var e in impossible)
        {
            var apply = () => _world.State.Apply(e);
            apply.Should().Throw<InvalidOperationException>(e.ToString());
        }

        impossible.Select(e => e.GetType()).Distinct().Should().BeEquivalentTo(typeof(AuthorizationEvent).GetNestedTypes());
        _world.Approve(restore, World.Bob);
        var tooFew = () => _world.State.Apply(new AuthorizationEvent.Authorized(restore.Id, _world.State.LastSeen));
        tooFew.Should().Throw<InvalidOperationException>("two humans are needed");
    }

    [Fact]
    public void Every_refusal_has_its_own_code_and_one_text_for_each_class()
    {
        var all = typeof(Refusals).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (Refusal)f.GetValue(null)!)
            .Concat(Enum.GetValues<TokenFault>().Select(Refusals.Token)).ToList();

        all.Select(r => r.Code).Should().OnlyHaveUniqueItems();
        all.Select(r => (r.Class, r.CallerText)).Distinct().Should().HaveCount(Enum.GetValues<RefusalClass>().Length);
        all.Where(r => r.Code.Contains("token", StringComparison.Ordinal)).Should().OnlyContain(r => r.Class == RefusalClass.NotAllowed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bob")]
    [InlineData("b\u03bfb")]
    [InlineData("bob ")]
    [InlineData("bob\n")]
    public void A_principal_has_one_spelling(string id)
    {
        PrincipalId.TryParse(id, out _).Should().BeFalse();
        var make = () => new PrincipalId(id);
        make.Should().Throw<FormatException>();
    }

    [Fact]
    public void A_directory_names_nobody_twice_and_finds_no_default()
    {
        var bob = new Principal(World.Bob, PrincipalKind.Human, PrincipalRoles.Approver, true);
        var twice = () => new PrincipalDirectory([bob, bob with { Enabled = false }]);
        var nameless = () => new PrincipalDirectory([bob with { Id = default }]);

        twice.Should().Throw<ArgumentException>();
        nameless.Should().Throw<ArgumentException>();
        _world.Directory.Find(default).Should().BeNull();
    }
}
