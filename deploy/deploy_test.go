package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"detente/deploy"
)

// tool returns the path of a program or skips, loudly.
func tool(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed (Debian package %s); the unit file was not checked by it", name, debian)
	}
	return path
}

// unit writes the shipped unit into a folder with ExecStart and the key pointing
// to files that exist, so that its check does not depend on an installed node.
func unit(t *testing.T) (path, text string) {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "detente")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(deploy.Unit, "ExecStart=/usr/local/bin/detente ", "ExecStart="+program+" ", 1)
	if text == deploy.Unit {
		t.Fatal("ExecStart is not where this test expects it")
	}
	path = filepath.Join(dir, "detente.service")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path, text
}

func TestUnitVerify(t *testing.T) {
	analyze := tool(t, "systemd-analyze", "systemd")
	path, text := unit(t)
	out, err := exec.Command(analyze, "verify", "--man=no", path).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// The check must be able to fail.
	if err := os.WriteFile(path, []byte(strings.Replace(text, "Type=notify", "Type=notyfy\nNoNewPrivilege=yes", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err = exec.Command(analyze, "verify", "--man=no", path).CombinedOutput()
	if err == nil && len(out) == 0 {
		t.Error("systemd-analyze verify accepts a broken unit: this test shows nothing")
	}
}

// TestUnitExposure holds the unit to 1.5 of 10 on systemd's own scale of
// exposure, on which 10 is a service without any protection.
func TestUnitExposure(t *testing.T) {
	analyze := tool(t, "systemd-analyze", "systemd")
	help, err := exec.Command(analyze, "--help").CombinedOutput()
	if err != nil || !strings.Contains(string(help), "--offline") {
		t.Skip("SKIPPED: this systemd-analyze cannot rate a unit file offline (systemd 250 can)")
	}
	path, _ := unit(t)
	out, err := exec.Command(analyze, "security", "--offline=yes", "--threshold=15", "--no-pager", path).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// TestUnitSettings names what must not get lost, whatever the tool at hand checks.
func TestUnitSettings(t *testing.T) {
	for _, line := range []string{
		"Type=notify", "NotifyAccess=main", "User=detente", "LoadCredential=unlock:/etc/detente/unlock.key",
		"StateDirectory=detente", "StateDirectoryMode=0700", "UMask=0077", "LimitCORE=0", "NoNewPrivileges=yes",
		"ProtectSystem=strict", "MemoryDenyWriteExecute=yes", "CapabilityBoundingSet=",
		"RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "SystemCallFilter=@system-service",
	} {
		if !strings.Contains(deploy.Unit, "\n"+line+"\n") {
			t.Errorf("the unit lacks %s", line)
		}
	}
	if !regexp.MustCompile(`(?m)^WatchdogSec=[1-9][0-9]*$`).MatchString(deploy.Unit) {
		t.Error("the unit has no watchdog")
	}
	if !strings.Contains(deploy.Users, "u detente - ") {
		t.Error("the account of the unit is not in detente.sysusers")
	}
}
