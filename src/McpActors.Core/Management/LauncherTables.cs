namespace McpActors.Core.Management;

/// <summary>
/// Which options take a value, for every launcher that is understood: facts from the programs' own help. A list that
/// is out of date makes a pin unclear, never wrong, because an unknown option ends the reading (except where the
/// program itself has a rule for unknown ones).
/// </summary>
internal static class LauncherTables
{
    /// <summary>npx and npm exec: an unknown option takes the next word unless that begins with a dash.</summary>
    public static LauncherOptions Npx { get; } = new(
        "-y --yes --no -n --no-yes --no-install --ignore-existing --always-spawn --shell-auto-fallback -q --quiet -s --silent --verbose -d -dd -ddd "
        + "-h --help -v --version -f --force -g --global -a --all -l --long --ws --workspaces --iwr --include-workspace-root "
        + "--offline --prefer-offline --prefer-online --audit --no-audit --fund --no-fund --color --no-color --ignore-scripts --no-ignore-scripts "
        + "--legacy-peer-deps --strict-peer-deps --strict-ssl --no-strict-ssl --progress --no-progress --update-notifier --no-update-notifier "
        + "--bin-links --no-bin-links --package-lock --no-package-lock --save --no-save --dry-run --foreground-scripts --engine-strict --timing "
        + "--json --parseable --optional --no-optional --production --dev --usage --unicode --install-links --link --description",
        "-p --package -c --call -w --workspace --registry --reg --cache --userconfig --prefix -C --shell --script-shell --loglevel --npm --node-arg "
        + "--node-options --omit --include --location -L --tag --before",
        UnknownOption.TakesWord);

    public static LauncherOptions Pnpm { get; } = new(
        "-s --silent -c --shell-mode --prefer-offline --offline -y --yes --color --no-color --aggregate-output -r --recursive -w --workspace-root",
        "--package -p --allow-build --reporter -C --dir --loglevel --registry --config --filter -F");

    public static LauncherOptions Yarn { get; } = new("-q --quiet -y --yes", "-p --package --cwd");

    public static LauncherOptions Bunx { get; } = new("--bun -b --silent --verbose --no-install -y --yes", "-p --package --cwd");

    public static LauncherOptions Uv { get; } = new(
        "--isolated --no-cache -n --no-cache-dir --offline --no-offline -q --quiet -v --verbose --refresh --no-refresh --reinstall --force-reinstall -U --upgrade "
        + "--no-index --no-config --native-tls --system-certs --no-progress --managed-python --no-managed-python --no-python-downloads "
        + "--allow-python-downloads --compile-bytecode --no-build --no-binary --no-build-isolation --no-sources --no-env-file --show-resolution --lfs --pre",
        "--from --with -w --with-editable --with-requirements --constraints --constraint -c --overrides --override -b --build-constraints --build-constraint "
        + "--env-file -p --python --index --default-index -i --index-url --extra-index-url -f --find-links --index-strategy --keyring-provider "
        + "--resolution --prerelease --fork-strategy --exclude-newer --exclude-newer-package --link-mode -C --config-setting --config-settings "
        + "--config-settings-package --no-build-isolation-package --no-build-package --no-binary-package --no-sources-package --refresh-package "
        + "--reinstall-package -P --upgrade-package --cache-dir --color --directory --project --config-file --allow-insecure-host "
        + "--python-preference --python-platform --python-fetch --torch-backend --preview-features",
        clusters: true);

    public static LauncherOptions Pipx { get; } = new(
        "--no-cache --pypackages --verbose --quiet -v -q --global --fetch-missing-python --system-site-packages -e --editable --path",
        "--spec --python --pip-args -i --index-url --with --backend");

    /// <summary>Python's own options, up to -m.</summary>
    public static LauncherOptions Python { get; } = new("-b -B -d -E -i -I -O -OO -P -q -s -S -u -v -x", "-m -W -X -c --check-hash-based-pycs", clusters: true);

    public static LauncherOptions Dnx { get; } = new(
        "-y --yes --allow-roll-forward --prerelease --disable-parallel --ignore-failed-sources --interactive --no-http-cache --no-cache -h --help",
        "--version -a --arch --add-source --configfile --framework --source -v --verbosity");

    /// <summary>Node's own options, up to the script. Node writes most values behind an equals sign.</summary>
    public static LauncherOptions Node { get; } = new(
        "-i --interactive -c --check --trace-warnings --no-warnings --no-deprecation --enable-source-maps --experimental-vm-modules --preserve-symlinks "
        + "--preserve-symlinks-main --inspect --inspect-brk --expose-gc --use-system-ca --use-openssl-ca --use-bundled-ca --watch --permission "
        + "--experimental-strip-types --no-experimental-strip-types --experimental-transform-types --experimental-sqlite --experimental-fetch --test",
        "-r --require --import --loader --experimental-loader -C --conditions --env-file --title -e --eval -p --print --input-type "
        + "--max-old-space-size --max-http-header-size --stack-size --unhandled-rejections --dns-result-order --icu-data-dir");

    public static LauncherOptions DockerGlobal { get; } = new("-D --debug --tls --tlsverify --remote -r", "--config -c --context -H --host -l --log-level --tlscacert --tlscert --tlskey --url --connection --log-opt --root --runroot --storage-driver --cgroup-manager", clusters: true);

    public static LauncherOptions DockerRun { get; } = new(
        "-d --detach -i --interactive -t --tty -P --publish-all -q --quiet --rm --init --privileged --read-only --no-healthcheck --oom-kill-disable "
        + "--sig-proxy --disable-content-trust --use-api-socket --help --replace --rmi --tls-verify --no-hosts --no-hostname --env-host --http-proxy "
        + "--passwd --read-only-tmpfs --unsetenv-all --systemd",
        "-a --attach -c --cpu-shares -e --env -h --hostname -l --label -m --memory -p --publish -u --user -v --volume -w --workdir "
        + "--add-host --annotation --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpu-count --cpu-percent "
        + "--cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpus --cpuset-cpus --cpuset-mems --detach-keys --device --device-cgroup-rule "
        + "--device-read-bps --device-read-iops --device-write-bps --device-write-iops --dns --dns-option --dns-opt --dns-search --domainname --entrypoint "
        + "--env-file --expose --gpus --group-add --health-cmd --health-interval --health-retries --health-start-interval --health-start-period "
        + "--health-timeout --io-maxbandwidth --io-maxiops --ip --ip6 --ipc --isolation --kernel-memory --label-file --link --link-local-ip --log-driver "
        + "--log-opt --mac-address --memory-reservation --memory-swap --memory-swappiness --mount --name --net --net-alias --network --network-alias "
        + "--oom-score-adj --pid --pids-limit --platform --pull --restart --runtime --security-opt --shm-size --stop-signal --stop-timeout "
        + "--storage-opt --sysctl --tmpfs --ulimit --userns --uts --volume-driver --volumes-from --arch --authfile --pod --secret --subuidname --subgidname "
        + "--timeout --tz --umask --uidmap --gidmap --userns-mode --variant --os --requires --sdnotify --conmon-pidfile",
        clusters: true);
}
