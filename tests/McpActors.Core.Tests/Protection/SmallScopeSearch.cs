using FluentAssertions;
using McpActors.Core.Protection;
using Xunit;

namespace McpActors.Core.Tests.Protection;

/// <summary>
/// Every sequence of up to six commands out of an alphabet of nine, and of up to five with two letters more (the
/// requester approves, somebody else executes), for one request that needs one approval and one that needs two. The rules
/// are told again here in another way than in the decider: by what happened along the path.
/// </summary>
public sealed class SmallScopeSearch
{
    private static readonly Letter[] s_all = Enum.GetValues<Letter>();
    private static readonly Letter[] s_nine = [.. s_all.Except([Letter.ApproveAlice, Letter.ConsumeByBob])];

    private readonly HashSet<AuthorizationPhase> _ends = [];
    private long _paths;

    private enum Letter
    {
        ApproveBob,
        ApproveCarol,
        ApproveAlice,
        Deny,
        Cancel,
        Consume,
        ConsumeByBob,
        Succeed,
        Lose,
        ThirtyMinutes,
        ToggleBob,
    }

    [Fact]
    public void No_sequence_of_commands_breaks_a_rule_of_a_request_that_needs_one_approval()
    {
        Search(World.Draft(), 1, s_nine, 6);
        Search(World.Draft(), 1, s_all, 5);

        _ends.Should().BeEquivalentTo(Enum.GetValues<AuthorizationPhase>().Except([AuthorizationPhase.Failed]), "every phase of the alphabet was reached");
        _paths.Should().Be(Sequences(9, 6) + Sequences(11, 5));
    }

    [Fact]
    public void No_sequence_of_commands_breaks_a_rule_of_a_request_that_needs_two_humans()
    {
        Search(World.Draft(Operations.Restore), 2, s_nine, 6);
        Search(World.Draft(Operations.Restore), 2, s_all, 5);

        _ends.Should().BeEquivalentTo(Enum.GetValues<AuthorizationPhase>().Except([AuthorizationPhase.Failed]), "every phase of the alphabet was reached");
        _paths.Should().Be(Sequences(9, 6) + Sequences(11, 5));
    }

    private static long Sequences(int letters, int depth) => Enumerable.Range(1, depth).Sum(n => (long)Math.Pow(letters, n));

    private void Search(RequestDraft draft, int needed, Letter[] letters, int depth)
    {
        var world = new World();
        var request = world.File(draft);
        var all = world.Directory;
        world.Change(World.Bob, p => p with { Enabled = false });
        var withoutBob = world.Directory;
        // Signed once: the request's bytes are the same along every path.
        var token = TokenWriter.Write(TokenClaims.For(World.Realm, request, TokenId.FromBytes(new byte[16]), world.Now), World.Signer);
        var check = world.Verifier.Verify(token.Text, world.Now);
        Walk(world.State, new Path(), depth);

        void Walk(AuthorizationState from, Path path, int left)
        {
            if (left == 0)
            {
                return;
            }

            foreach (var letter in letters)
            {
                _paths++;
                var next = path;
                if (letter == Letter.ThirtyMinutes)
                {
                    next.Late = true;
                }
                else if (letter == Letter.ToggleBob)
                {
                    next.BobOut = !next.BobOut;
                }

                var now = next.Late ? request.ExpiresAt : World.Start;
                var decision = AuthorizationDecider.Decide(from, Command(letter, next.BobOut ? withoutBob : all, request, check), now);
                var to = decision.After(from);
                foreach (var e in decision.Events)
                {
                    Happened(e, ref next);
                }

                if (decision.Events is [.., AuthorizationEvent.Authorized])
                {
                    var seal = AuthorizationDecider.Decide(to, new AuthorizationCommand.Seal(request.Id, World.Alice, all, token), now);
                    Hold(seal.Accepted, letter, "an approved request can be sealed");
                    to = seal.After(to);
                }

                var was = from.Requests[request.Id].Phase;
                var phase = to.Requests[request.Id].Phase;
                Hold(!was.IsFinal() || was == phase, letter, "finals are final");
                Hold(decision.Accepted || decision.Events.All(e => e is AuthorizationEvent.Expired), letter, "a refusal changes nothing but what time changes");
                Hold(!next.Denied || phase == AuthorizationPhase.Denied, letter, "any deny wins");
                Hold(phase != AuthorizationPhase.Approved || (next.Authorized && !next.Late), letter, "approved only by approvals and in time");
                Hold(to.Busy.Count == (phase == AuthorizationPhase.Consumed ? 1 : 0), letter, "busy while running");
                Hold(to.Frozen.Count == (phase == AuthorizationPhase.Indeterminate ? 1 : 0), letter, "frozen when unknown");
                _ends.Add(phase);
                Walk(to, next, left - 1);
            }
        }

        void Happened(AuthorizationEvent e, ref Path path)
        {
            switch (e)
            {
                case AuthorizationEvent.ApprovalGiven given:
                    Hold(given.Digest == request.Digest && !path.Authorized, e, "approvals are for these bytes, before the last one");
                    Hold(given.By == World.Bob ? !path.Bob && !path.BobOut : given.By == World.Carol && !path.Carol, e, "distinct, enabled, not the requester");
                    path.Bob |= given.By == World.Bob;
                    path.Carol |= given.By == World.Carol;
                    break;
                case AuthorizationEvent.Authorized:
                    Hold(!path.Authorized && Counting(path) >= needed, e, "enough approvals that count");
                    path.Authorized = true;
                    break;
                case AuthorizationEvent.Consumed consumed:
                    Hold(path.Authorized && consumed.Digest == request.Digest, e, "I1: no effect without approval of the same digest");
                    Hold(!path.Consumed, e, "I2: at most one effect");
                    Hold(!path.Denied && !path.Cancelled && !path.Expired && !path.Late, e, "no effect after an end");
                    Hold(Counting(path) >= needed && consumed.By == World.Alice, e, "consent still stands, by the holder");
                    path.Consumed = true;
                    break;
                case AuthorizationEvent.Denied:
                    Hold(!path.Consumed, e, "not after the use");
                    path.Denied = true;
                    break;
                case AuthorizationEvent.Cancelled:
                    path.Cancelled = true;
                    break;
                case AuthorizationEvent.Expired:
                    Hold(!path.Consumed && path.Late, e, "expiry or use, never both");
                    path.Expired = true;
                    break;
            }
        }
    }

    private static int Counting(Path path) => (path.Bob && !path.BobOut ? 1 : 0) + (path.Carol ? 1 : 0);

    private static AuthorizationCommand Command(Letter letter, PrincipalDirectory directory, AuthorizationRequest request, TokenCheck check) =>
        letter switch
        {
            Letter.ApproveBob => new AuthorizationCommand.Approve(request.Id, World.Bob, directory, request.Digest, "seen", "session", true),
            Letter.ApproveCarol => new AuthorizationCommand.Approve(request.Id, World.Carol, directory, request.Digest, "seen", "session", true),
            Letter.ApproveAlice => new AuthorizationCommand.Approve(request.Id, World.Alice, directory, request.Digest, "seen", "session", true),
            Letter.Deny => new AuthorizationCommand.Deny(request.Id, World.Dave, directory, "no"),
            Letter.Cancel => new AuthorizationCommand.Cancel(request.Id, World.Alice, directory),
            Letter.Consume => new AuthorizationCommand.Consume(request.Id, World.Alice, directory, check, request.Targets),
            Letter.ConsumeByBob => new AuthorizationCommand.Consume(request.Id, World.Bob, directory, check, request.Targets),
            Letter.Succeed => new AuthorizationCommand.Complete(request.Id, OperationOutcome.Succeeded, "done"),
            Letter.Lose => new AuthorizationCommand.Recover([]),
            _ => new AuthorizationCommand.Tick(),
        };

    private static void Hold(bool holds, object at, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{at}: {rule}");
        }
    }

    /// <summary>What happened so far, in the words of the rules.</summary>
    private record struct Path(
        bool Late, bool BobOut, bool Bob, bool Carol, bool Authorized, bool Consumed, bool Denied, bool Cancelled, bool Expired);
}
