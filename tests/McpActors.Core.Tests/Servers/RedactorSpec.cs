using FluentAssertions;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public sealed class RedactorSpec
{
    [Theory]
    [InlineData("--token", "hunter22")]
    [InlineData("--api-key", "hunter22")]
    [InlineData("-password", "hunter22")]
    [InlineData("-H", "Authorization: Bearer hunter22")]
    [InlineData("--header", "X-Api-Key:hunter22")]
    [InlineData("-u", "someone:hunter22")]
    [InlineData("--api-key=hunter22", "x")]
    [InlineData("--dbPassword=hunter22 with blanks", "x")]
    [InlineData("API_KEY=hunter22", "x")]
    [InlineData("-e", "GITHUB_TOKEN=hunter22")]
    [InlineData("--header=Authorization: Basic hunter22", "x")]
    [InlineData("--connection", "Server=db;User Id=sa;Password=hunter22 more;Database=x")]
    [InlineData("postgres://someone:hunter22@db:5432/x", "x")]
    [InlineData("postgres://someone:hunter22/or?not@db:5432/x", "x")]
    [InlineData("https://hunter22@host/x", "x")]
    [InlineData("https://host/x?a=1&access_token=hunter22&b=2", "x")]
    [InlineData("https://host/x?api%5Fkey=hunter22", "x")]
    [InlineData("{\"password\": \"hunter22\"}", "x")]
    [InlineData("{\"a\":{\"clientSecret\":\"hunter22 and \\\" more\"}}", "x")]
    [InlineData("Cookie: a=1; sid=hunter22", "x")]
    [InlineData("-c", "serve --port 80 --password hunter22")]
    [InlineData("-lc", "npx -y pkg@1.2.3 --api-key 'hunter22'")]
    public void A_named_secret_in_arguments_is_masked(string first, string second)
    {
        var masked = string.Join(' ', Redactor.Arguments([first, second], []));

        masked.Should().Contain(Redactor.Mask).And.NotContain("hunter22").And.NotContain("more");
    }

    [Theory]
    [InlineData("sk-ant-api03-abcdefgh12345678")]
    [InlineData("ghp_0123456789abcdefghijABCDEFGHIJ012345")]
    [InlineData("github_pat_11ABCDEFG0123456789_abcdefghij")]
    [InlineData("glpat-abcdEFGH1234ijkl")]
    [InlineData("xoxb-123456789012-abcdefABCDEF")]
    [InlineData("AKIAIOSFODNN7EXAMPLE")]
    [InlineData("npm_abcdefghijklmnopqrstuvwxyz0123456789")]
    [InlineData("AIzaSyA-0123456789abcdefghijklmnopqrstu")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl")]
    [InlineData("kR7/vQ2m+Zx9LtB4/nYw8HcJ5dPf6GsTe3UaXo1M")]
    [InlineData("9f86d081884c7d659a2feaa0c55ad015")]
    [InlineData("q7Zk29XbLm4TfR8sVw1Yc6Hd")]
    public void A_token_is_masked_wherever_it_stands(string token)
    {
        Redactor.Text($"started with {token}, then failed").Should().Be("started with ***, then failed");
        Redactor.Arguments(["serve", token], []).Should().Equal("serve", "***");
    }

    [Fact]
    public void A_private_key_is_masked_whole()
    {
        Redactor.Text("a -----BEGIN RSA PRIVATE KEY-----\nMIIabc\nxyz\n-----END RSA PRIVATE KEY----- b").Should().Be("a *** b");
    }

    [Theory]
    [InlineData("-y", "@modelcontextprotocol/server-everything@2026.8.31")]
    [InlineData("--from", "git+https://github.com/someone/server.git@0123456789abcdef0123456789abcdef01234567")]
    [InlineData("node_modules/@scope/ServerWith2Names/dist/esm/index.js", "/usr/local/lib/node_modules/x/index.js")]
    [InlineData("--port", "48101")]
    [InlineData("--stdio", "--no-auth")]
    [InlineData("--max-tokens", "4096")]
    [InlineData("--key-file", "/etc/tls/server.pem")]
    [InlineData("--author", "someone")]
    [InlineData("--id", "123e4567-e89b-12d3-a456-426614174000")]
    [InlineData("images.example/owner/image@sha256:9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015", "--rm")]
    [InlineData("-u", "1000:1000")]
    [InlineData("http://localhost:3000/@scope/x", "https://host/mcp?transport=sse&version=2")]
    [InlineData("--token", "${GITHUB_TOKEN}")]
    [InlineData("-H", "Authorization: Bearer ${TOKEN}")]
    [InlineData("ssh://git@host/repo", "podman-mcp-server-linux-amd64-v0-0-54-2026")]
    [InlineData("--auth", "--verbose")]
    [InlineData("--auth=true", "Keyboard=qwerty")]
    public void Ordinary_arguments_stay(string first, string second)
    {
        Redactor.Arguments([first, second], []).Should().Equal(first, second);
    }

    [Theory]
    [InlineData("Bearer authentication is required")]
    [InlineData("error: auth: failed to connect to the server")]
    [InlineData("Invalid token: expected a brace at std::token::Kind")]
    [InlineData("listening on http://127.0.0.1:3000/mcp, session: none")]
    public void Prose_about_credentials_stays(string text)
    {
        Redactor.Text(text).Should().Be(text);
    }

    [Fact]
    public void A_url_keeps_its_shape_and_loses_its_secrets()
    {
        Redactor.Url("https://someone:pw@host:8443/mcp?key=abc&mode=fast&team=blue#code=77", ["blue-team", "blue"])
            .Should().Be("https://***@host:8443/mcp?key=***&mode=fast&team=***#code=***");
    }

    [Fact]
    public void A_command_line_is_masked_and_quoted()
    {
        Redactor.CommandLine("/opt/my tools/run", ["--token", "hunter22", "a b", ""])
            .Should().Be("'/opt/my tools/run' --token *** 'a b' ''");
    }

    [Fact]
    public void A_guess_that_covers_half_of_a_known_secret_leaves_no_rest_of_it()
    {
        Redactor.Text("login password=open sesame now", ["open sesame"]).Should().Be("login password=*** now");
    }

    [Theory]
    [InlineData("key=")]
    [InlineData("a://")]
    [InlineData("token: ")]
    [InlineData("\"password\":\"")]
    [InlineData("Bearer ")]
    [InlineData("aB3")]
    public async Task A_hostile_text_of_a_megabyte_takes_linear_time(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length));

        var work = Task.Run(() => Redactor.Text(text));

        // Quadratic time would take many minutes.
        (await work.WaitAsync(TimeSpan.FromSeconds(30))).Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("API_KEY", true)]
    [InlineData("dbPassword", true)]
    [InlineData("Authorization", true)]
    [InlineData("OPENAIAPIKEY", true)]
    [InlineData("X-Session-Id", true)]
    [InlineData("PWD", false)]
    [InlineData("MYSQL_PWD", true)]
    [InlineData("tokenizer", false)]
    [InlineData("monkey", false)]
    [InlineData("token-file", false)]
    [InlineData("NODE_ENV", false)]
    [InlineData("", false)]
    public void Names_announce_secrets(string name, bool smells)
    {
        SecretWords.Smells(name).Should().Be(smells);
    }
}
