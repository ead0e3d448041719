using System.Data.Common;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;

namespace McpActors.Actors.Cluster;

/// <summary>The journal: SQLite in the data folder for one node, PostgreSQL for several.</summary>
internal static class StoreHosting
{
    /// <summary>The name of the database file in the data folder.</summary>
    public const string FileName = "mcpactors.db";

    /// <summary>Points Akka.Persistence.Sql at the node's store.</summary>
    public static AkkaConfigurationBuilder WithStore(this AkkaConfigurationBuilder builder, NodeOptions options)
    {
        var sqlite = options.Store == "sqlite";
        var connection = sqlite ? SqliteConnectionString(options) : options.ConnectionString!;
        if (sqlite)
        {
            PrepareSqlite(connection);
            builder.AddSetup(new DataOptionsSetup(new DataOptions()
                .UseConnectionString(ProviderName.SQLiteMS, connection)
                .UseInterceptor(new DurableConnections())));
        }

        // Csv tags: the tag table grows quadratically slow. No tag queries are made on anything large.
        var hocon = $$"""
            akka.persistence {
              journal {
                plugin = "akka.persistence.journal.sql"
                auto-start-journals = ["akka.persistence.journal.sql"]
                sql {
                  class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
                  connection-string = {{Quote(connection)}}
                  provider-name = "{{(sqlite ? ProviderName.SQLiteMS : ProviderName.PostgreSQL15)}}"
                  auto-initialize = on
                  tag-write-mode = Csv
                }
              }
              snapshot-store {
                plugin = "akka.persistence.snapshot-store.sql"
                sql {
                  class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
                  connection-string = {{Quote(connection)}}
                  provider-name = "{{(sqlite ? ProviderName.SQLiteMS : ProviderName.PostgreSQL15)}}"
                  auto-initialize = on
                }
              }
            }
            """;
        return builder
            .AddHocon(ConfigurationFactory.ParseString(hocon), HoconAddMode.Prepend)
            .AddHocon(SqlPersistence.DefaultConfiguration, HoconAddMode.Append);
    }

    private static string SqliteConnectionString(NodeOptions options) => new SqliteConnectionStringBuilder
    {
        DataSource = Path.Combine(options.Data, FileName),
        Pooling = true,
        DefaultTimeout = 30,
    }.ToString();

    private static void PrepareSqlite(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL";
        command.ExecuteNonQuery();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(connection.DataSource, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    /// <summary>Every commit reaches the disk before it is answered; the setting is per connection. It measured no slower than NORMAL.</summary>
    private sealed class DurableConnections : ConnectionInterceptor
    {
        private const string Pragmas = "PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000";

        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = Pragmas;
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
