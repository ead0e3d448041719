using System.Text;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public sealed class SecretScrubberSpec
{
    private const string Secret = "p@ss w\"rd/1+é";

    [Fact]
    public void Every_form_of_a_secret_is_scrubbed()
    {
        var scrubber = new SecretScrubber([Secret]);
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes("someone:" + Secret));
        string[] forms =
        [
            Secret, Uri.EscapeDataString(Secret), Uri.EscapeDataString(Secret).Replace("%20", "+", StringComparison.Ordinal),
            Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), System.Text.Json.JsonEncodedText.Encode(Secret).ToString(),
        ];

        foreach (var form in forms)
        {
            scrubber.Scrub($"[{form}]").TrimEnd('=', ']').Should().Be("[***", form);
        }

        // Of "someone:" the last character shares its bits with the secret, so it goes too.
        var scrubbed = scrubber.Scrub(basic);
        scrubbed.Should().Contain(Redactor.Mask);
        Encoding.UTF8.GetString(Convert.FromBase64String(Padded(scrubbed.Split(Redactor.Mask)[0]))).Should().StartWith("someo").And.NotContain("p@");
    }

    [Fact]
    public void A_text_without_secrets_is_the_same_string()
    {
        var text = "nothing to hide here";

        SecretScrubber.None.Scrub(text).Should().BeSameAs(text);
        new SecretScrubber(["other-secret"]).Scrub(text).Should().BeSameAs(text);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("info")]
    [InlineData("Production")]
    [InlineData("123")]
    [InlineData("abc")]
    [InlineData("  ")]
    public void Trivial_values_do_not_ruin_a_log(string value)
    {
        var text = $"level=info {value} Production true 123 abc   end";

        new SecretScrubber([value]).Scrub(text).Should().BeSameAs(text);
    }

    [Fact]
    public void The_longest_secret_goes_first_and_overlapping_ones_leave_no_rest()
    {
        new SecretScrubber(["open", "open-sesame"]).Scrub("say open-sesame, open!").Should().Be("say ***, ***!");
        new SecretScrubber(["abcdef", "defghi"]).Scrub("x abcdefghi y").Should().Be("x *** y");
    }

    [Fact]
    public void A_secret_of_several_lines_is_found_line_by_line()
    {
        var scrubber = new SecretScrubber(["-----BEGIN KEY-----\nMIIEvgIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n"]);

        scrubber.Scrub("line kqhkiG9w0BAQEF of -----BEGIN KEY-----").Should().Be("line *** of -----BEGIN KEY-----");
    }

    [Property(MaxTest = 500)]
    public void No_secret_survives_in_any_text(NonNull<string>[] secrets, NonNull<string> before, NonNull<string> after)
    {
        var known = secrets.Select(secret => secret.Get).ToArray();
        var scrubber = new SecretScrubber(known);
        foreach (var secret in known.Where(secret => !SecretWords.IsTrivial(secret) && !secret.Contains('*')))
        {
            scrubber.Scrub(before.Get + secret + after.Get).Should().NotContain(secret);
        }
    }

    [Property(MaxTest = 500)]
    public Property No_secret_survives_in_the_public_face_of_a_server()
    {
        var secret = Gen.Elements([.. "abcXYZ019-_/+=.:;@%& \"'é"]).ArrayOf().Where(c => c.Length is >= 4 and < 40).Select(c => new string(c));
        var place = Gen.Choose(0, 6);
        return Prop.ForAll(Arb.From(secret), Arb.From(place), (value, at) =>
        {
            if (SecretWords.IsTrivial(value))
            {
                return;
            }

            var collector = new SecretCollector();
            collector.AddVariable("API_TOKEN", value);
            string[] args = at switch
            {
                0 => ["--token", value],
                1 => ["--token=" + value],
                2 => ["-H", "Authorization: Bearer " + value],
                3 => ["x" + value + "y"],
                4 => [value, value],
                5 => ["https://host/?q=" + Uri.EscapeDataString(value)],
                _ => ["API_TOKEN=" + value, "z"],
            };
            var definition = new ServerDefinition
            {
                Name = "n",
                Transport = ServerTransport.Stdio,
                Process = new ProcessDefinition("run-" + value, args, new Dictionary<string, string> { ["API_TOKEN"] = value }, "/"),
                Url = "http://u:" + Uri.EscapeDataString(value) + "@h/" + value,
                Headers = new Dictionary<string, string> { ["H"] = value },
                Source = new SourcePosition("f", 1, 1),
                Secrets = collector.Secrets,
            };
            var face = DeclaredServer.From(definition);
            string[] shown = [face.Command!, .. face.Args, face.Url!, .. face.EnvNames, .. face.HeaderNames, definition.ToString(), definition.Process.ToString()];
            shown.Should().NotContain(text => text.Contains(value, StringComparison.Ordinal));
            shown.Should().NotContain(text => text.Contains(Uri.EscapeDataString(value), StringComparison.Ordinal));
        });
    }

    private static string Padded(string base64) => base64[..(base64.Length / 4 * 4)];
}
