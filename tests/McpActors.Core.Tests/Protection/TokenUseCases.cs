using FluentAssertions;
using McpActors.Core.Protection;
using Xunit;

namespace McpActors.Core.Tests.Protection;

/// <summary>The T cases of using a good token for something, and what two things at once lead to.</summary>
public sealed class TokenUseCases
{
    private readonly World _world = new();

    [Fact]
    public void T01_Without_a_token_nothing_is_executed()
    {
        var request = _world.File();
        _world.Approved(request);

        var refused = _world.Consume(request, null);

        refused.Refusal!.Code.Should().Be("no_token");
        refused.Refusal.Class.Should().Be(RefusalClass.NotAllowed);
        _world.Phase(request).Should().Be(AuthorizationPhase.Approved);
    }

    [Theory]
    [InlineData(Operations.Stop, "a", "{}")]
    [InlineData(Operations.Restart, "b", "{}")]
    [InlineData(Operations.Restart, "a", """{"version":"1.2.5"}""")]
    public void T12_T13_T14_A_token_is_for_its_own_request_only(string operation, string target, string parameters)
    {
        var token = _world.Approved(_world.File());
        var other = _world.File(World.Draft(operation, target, parameters));
        _world.Approved(other);

        var refused = _world.Consume(other, token);

        refused.Refusal.Should().Be(Refusals.OtherRequest);
        refused.Refusal!.Class.Should().Be(RefusalClass.NotAllowed);
        _world.Events.Should().NotContain(e => e is AuthorizationEvent.Consumed);
    }

    [Theory]
    [InlineData(Operations.Stop, "a", "1", """{"version":"1.2.4"}""", "T12 another operation")]
    [InlineData("Update", "a", "1", """{"version":"1.2.4"}""", "T12 another case")]
    [InlineData(Operations.Update, "b", "1", """{"version":"1.2.4"}""", "T13 another target")]
    [InlineData(Operations.Update, "a", "2", """{"version":"1.2.4"}""", "T13 another incarnation")]
    [InlineData(Operations.Update, "a", "1", """{"version":"1.2.5"}""", "T14 another value")]
    [InlineData(Operations.Update, "a", "1", """{"version":"1.2.4","force":true}""", "T14 one more")]
    [InlineData(Operations.Update, "a", "1", "{}", "T14 one less")]
    public void T12_T13_T14_A_grant_covers_exactly_what_was_approved(string operation, string target, string instance, string parameters, string why)
    {
        var request = _world.File(World.Draft(Operations.Update, "a", """{ "version" : "1.2.4" }"""));
        var consumed = _world.Consume(request, _world.Approved(request)).Events.OfType<AuthorizationEvent.Consumed>().Single();
        var grant = AuthorizationGrant.For(_world.State, consumed)!;

        grant.Request.Should().BeSameAs(request);
        grant.Covers(Operations.Update, World.Server("a").Target, CanonicalObject.TryRead("""{"version":"1.2.4"}""")!).Should().BeTrue();
        grant.Covers(operation, World.Server(target, instance: instance).Target, CanonicalObject.TryRead(parameters)!).Should().BeFalse(why);
    }

    [Fact]
    public void T12_A_token_for_other_bytes_of_the_same_id_is_refused()
    {
        var request = _world.File();
        _world.Approved(request);
        var forged = new TokenClaims(
            World.Realm.Issuer, World.Realm.Audience, TokenId.FromBytes(_world.Random()), request.Id, World.Hash("other bytes"), World.Alice, request.Policy, _world.Now, request.ExpiresAt);

        _world.Consume(request, TokenWriter.Write(forged, World.Signer).Text).Refusal.Should().Be(Refusals.TokenDigest);
    }

    [Theory]
    [InlineData(OperationOutcome.Succeeded)]
    [InlineData(OperationOutcome.Failed)]
    [InlineData(OperationOutcome.Indeterminate)]
    public void T15_T16_A_token_is_used_once_whatever_came_of_it(OperationOutcome outcome)
    {
        var request = _world.File();
        var token = _world.Approved(request);
        _world.Consume(request, token).Accepted.Should().BeTrue();

        _world.Consume(request, token).Refusal.Should().Be(Refusals.AlreadyConsumed, "while it runs");
        _world.Complete(request, outcome).Accepted.Should().BeTrue();
        _world.Consume(request, token).Refusal.Should().Be(Refusals.AlreadyConsumed);
        Refusals.AlreadyConsumed.Class.Should().Be(RefusalClass.NotAllowed);
        _world.Complete(request, OperationOutcome.Succeeded).Refusal.Should().Be(Refusals.NotRunning);
        _world.Events.OfType<AuthorizationEvent.Consumed>().Should().ContainSingle();
    }

    [Fact]
    public void T15_A_used_token_stays_used_after_a_replay()
    {
        var request = _world.File();
        var token = _world.Approved(request);
        _world.Consume(request, token);
        var again = new AuthorizationCommand.Consume(request.Id, World.Alice, _world.Directory, _world.Verifier.Verify(token, _world.Now), request.Targets);

        AuthorizationDecider.Decide(_world.Replayed(), again, _world.Now).Refusal.Should().Be(Refusals.AlreadyConsumed);
    }

    [Fact]
    public void T17_A_token_of_a_request_that_was_denied_afterwards_is_dead()
    {
        var request = _world.File(World.Draft(Operations.Restore));
        var token = _world.Approved(request);
        _world.Deny(request, World.Dave);

        _world.Consume(request, token).Refusal.Should().Be(Refusals.TokenDenied);
        Refusals.TokenDenied.Class.Should().Be(RefusalClass.NotAllowed);
    }

    [Fact]
    public void T23_The_token_of_one_person_is_of_no_use_to_another()
    {
        var request = _world.File();
        var token = _world.Approved(request);

        _world.Consume(request, token, by: World.Bob).Refusal.Should().Be(Refusals.HolderMismatch);
        Refusals.HolderMismatch.Class.Should().Be(RefusalClass.NotAllowed);
        _world.Consume(request, token).Accepted.Should().BeTrue("the attempt of another one costs the holder nothing");
    }

    [Fact]
    public void T23_A_holder_who_was_disabled_or_lost_the_role_executes_nothing()
    {
        var request = _world.File();
        var token = _world.Approved(request);
        _world.Change(World.Alice, p => p with { Roles = PrincipalRoles.Viewer });
        _world.Consume(request, token).Refusal.Should().Be(Refusals.MissingRole);
        _world.Change(World.Alice, p => p with { Enabled = false });
        _world.Consume(request, token).Refusal.Should().Be(Refusals.Disabled);
    }

    [Fact]
    public void Two_signatures_for_one_approval_verify_and_only_the_one_that_was_handed_out_counts()
    {
        var request = _world.File();
        var handedOut = _world.Approve(request, World.Bob).Token!;
        var twin = TokenWriter.Write(handedOut.Claims, World.Signer);

        twin.Text.Should().NotBe(handedOut.Text);
        _world.Verifier.Verify(twin.Text, _world.Now).Should().BeOfType<TokenCheck.Valid>();
        _world.Consume(request, twin.Text).Refusal.Should().Be(Refusals.TokenSuperseded);
        _world.Consume(request, handedOut.Text).Accepted.Should().BeTrue();
    }

    [Fact]
    public void A_renewed_token_replaces_the_one_before_a_few_times()
    {
        var request = _world.File();
        var tokens = new List<string> { _world.Approved(request) };
        for (var i = 0; i < 4; i++)
        {
            tokens.Add(Renew(i % 2 == 0 ? World.Alice : World.Bob).Token!.Text);
        }

        Renew(World.Alice).Decision.Refusal.Should().Be(Refusals.TooManySeals);
        Renew(World.Carol).Decision.Refusal.Should().Be(Refusals.NotRequester, "Carol had no part in it");
        Renew(World.Viewer).Decision.Refusal.Should().Be(Refusals.MissingRole);
        tokens.SkipLast(1).Should().OnlyContain(t => _world.Consume(request, t, null, null).Refusal == Refusals.TokenSuperseded);
        _world.Consume(request, tokens[^1]).Accepted.Should().BeTrue();
        Renew(World.Alice).Decision.Refusal.Should().Be(Refusals.NotOpen);

        Issue Renew(PrincipalId by)
        {
            var issue = _world.Issuer.Renew(_world.State, request.Id, by, _world.Directory, TokenId.FromBytes(_world.Random()), _world.Now);
            _world.Keep(issue.Decision);
            return issue;
        }
    }

    [Fact]
    public void The_key_signs_nothing_that_is_not_approved()
    {
        var request = _world.File(World.Draft(Operations.Restore));
        var signer = new CountingSigner();
        var issuer = new AuthorizationIssuer(World.Realm, signer);

        issuer.Approve(_world.State, _world.Approval(request, World.Bob), TokenId.FromBytes(_world.Random()), _world.Now).Token.Should().BeNull();
        issuer.Renew(_world.State, request.Id, World.Alice, _world.Directory, TokenId.FromBytes(_world.Random()), _world.Now).Decision.Refusal.Should().Be(Refusals.NotApproved);
        var late = issuer.Renew(_world.State, request.Id, World.Alice, _world.Directory, TokenId.FromBytes(_world.Random()), request.ExpiresAt);
        late.Decision.Refusal.Should().Be(Refusals.WasExpired);
        late.Decision.Events.Should().Equal(new AuthorizationEvent.Expired(request.Id, request.ExpiresAt));
        signer.Count.Should().Be(0);
    }

    [Fact]
    public void A_token_of_another_request_cannot_be_made_to_count()
    {
        var request = _world.File();
        _world.Approved(request);
        var other = _world.File(World.Draft(target: "b"));
        var token = _world.Approve(other, World.Bob).Token!;

        _world.Do(new AuthorizationCommand.Seal(request.Id, World.Alice, _world.Directory, token)).Refusal.Should().Be(Refusals.BadRequest);
    }

    [Fact]
    public void A_target_that_changed_since_makes_the_request_stale()
    {
        var request = _world.File();
        var token = _world.Approved(request);

        _world.Consume(request, token, current: [World.Server("a", "changed")]).Refusal.Should().Be(Refusals.StaleTarget);
        _world.Consume(request, token, current: [World.Server("a", instance: "2")]).Refusal.Should().Be(Refusals.StaleTarget);
        _world.Consume(request, token, current: []).Refusal.Should().Be(Refusals.StaleTarget);
        _world.Consume(request, token, current: default(System.Collections.Immutable.ImmutableArray<TargetState>)).Refusal.Should().Be(Refusals.StaleTarget);
        Refusals.StaleTarget.Class.Should().Be(RefusalClass.WrongState);
        _world.Consume(request, token).Accepted.Should().BeTrue("nothing was used up by that");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void C03_Approve_and_deny_at_once_end_in_denied_and_without_effect(bool approveFirst)
    {
        var request = _world.File();
        string? token = null;
        if (approveFirst)
        {
            token = _world.Approved(request);
        }

        _world.Deny(request, World.Carol).Accepted.Should().BeTrue();
        if (!approveFirst)
        {
            _world.Approve(request, World.Bob).Decision.Refusal.Should().Be(Refusals.WasDenied);
        }

        _world.Consume(request, token).Accepted.Should().BeFalse();
        _world.Phase(request).Should().Be(AuthorizationPhase.Denied);
        _world.Events.Should().NotContain(e => e is AuthorizationEvent.Consumed);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void C04_Expiry_and_use_at_once_have_one_winner(int microseconds, bool used)
    {
        var request = _world.File();
        var token = _world.Approved(request);
        _world.Now = request.ExpiresAt.AddMicroseconds(microseconds);

        _world.Consume(request, token).Accepted.Should().Be(used);
        _world.Now = request.ExpiresAt;
        _world.Must(new AuthorizationCommand.Tick());

        _world.Events.Count(e => e is AuthorizationEvent.Consumed).Should().Be(used ? 1 : 0);
        _world.Events.Count(e => e is AuthorizationEvent.Expired).Should().Be(used ? 0 : 1);
    }

    [Fact]
    public void C04_A_token_that_was_checked_in_time_and_used_too_late_is_refused()
    {
        var request = _world.File();
        var check = _world.Verifier.Verify(_world.Approved(request), request.ExpiresAt.AddTicks(-1));
        _world.Now = request.ExpiresAt;

        check.Should().BeOfType<TokenCheck.Valid>();
        _world.Do(new AuthorizationCommand.Consume(request.Id, World.Alice, _world.Directory, check, request.Targets)).Refusal.Should().Be(Refusals.TokenExpired);
    }

    private sealed class CountingSigner : ITokenSigner
    {
        public int Count { get; private set; }

        public string KeyId => World.Signer.KeyId;

        public byte[] Sign(ReadOnlySpan<byte> signingInput)
        {
            Count++;
            return World.Signer.Sign(signingInput);
        }
    }
}
