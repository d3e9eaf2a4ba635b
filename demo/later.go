package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"detente/act"
	"detente/docket"
	"detente/node"
	"detente/party"
	"detente/provision"
)

// comeBack: the node that was down starts catching up within two seconds.
func (s *story) comeBack() error {
	s.out.title("Borovia's node comes back")
	if err := s.town.start(s.ctx, borovia); err != nil {
		return err
	}
	began := time.Now()
	if err := s.until("Borovia catches up", 15*time.Second, func() (bool, error) {
		p, err := s.node(borovia).Position(s.ctx)
		return p[s.first.Origin] > s.first.Index, err
	}); err != nil {
		return err
	}
	took := time.Since(began)
	if took > 2*time.Second {
		return fmt.Errorf("catching up took %s, 2 s are promised", took)
	}
	if err := s.delivered(s.first, borovia); err != nil {
		return err
	}
	s.out.say(fmt.Sprintf("It held the notice %.1f s after its start, opened it and countersigned.", took.Seconds()), "promised: catching up starts within 2 s")
	return nil
}

// carry: Elbria has no network; a bundle is carried to it and one comes back.
func (s *story) carry() error {
	s.out.title("Elbria has no network: a bundle is carried there and another back")
	there := filepath.Join(s.dir, "to-elbria.bundle")
	if err := s.export(secretariat, elbria, there); err != nil {
		return err
	}
	rep, err := s.imported(elbria, there)
	if err != nil {
		return err
	}
	s.out.say("The Secretariat exported what it holds; the courier carried the file; Elbria looked at what it would change and imported it.", rep)
	c, err := s.node(elbria).Content(s.ctx, s.first)
	if err != nil {
		return fmt.Errorf("elbria reads the notice: %w", err)
	}
	s.out.say(fmt.Sprintf("Elbria opened Alatau's notice (%d bytes of filled form) and countersigned.", len(c.Body)))
	back := filepath.Join(s.dir, "from-elbria.bundle")
	if err := s.export(elbria, "", back); err != nil {
		return err
	}
	if rep, err = s.imported(secretariat, back); err != nil {
		return err
	}
	if err := s.delivered(s.first, elbria); err != nil {
		return err
	}
	s.out.say("Elbria's bundle came back with its receipt and its cosignatures; Alatau now holds all four receipts.", append([]string{rep}, s.receiptLines(s.first)...)...)
	return nil
}

func (s *story) export(from, to party.ID, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := s.node(from).Export(s.ctx, f, to, nil); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

func (s *story) imported(at party.ID, path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	rep, err := s.node(at).ReadCarried(s.ctx, bytes.NewReader(b))
	if err != nil {
		return "", err
	}
	if _, err := s.node(at).Import(s.ctx, bytes.NewReader(b)); err != nil {
		return "", err
	}
	acts := int64(0)
	for _, r := range rep.Records {
		acts += r[1] - r[0]
	}
	return fmt.Sprintf("%s: %d bytes; new acts: %d; records that grow: %d; blobs: %d; cosignatures: %d", filepath.Base(path), len(b), acts, len(rep.Records), rep.Blobs, rep.Cosigs), nil
}

// correct: two fields change; for the others the first lodging stands.
func (s *story) correct() error {
	s.out.title("Alatau corrects two fields")
	change, err := json.Marshal(map[string]any{"commanding_level": "Corps", "general_purpose": "Cooperation of two brigades with a foreign contingent in defence, and evacuation of the wounded."})
	if err != nil {
		return err
	}
	ref, err := s.release(alatau, "desk-officer", "head-of-section", node.Request{Kind: act.Statement, Status: act.Exercise, To: four, Thread: "ALA/EX/1",
		Life: act.Correction, Answers: s.first.String(), Measure: notification, Values: change, Language: "en", Post: "verification-centre"})
	if err != nil {
		return err
	}
	a, _, err := s.node(alatau).Act(s.ctx, ref)
	if err != nil {
		return err
	}
	if err := s.delivered(ref, borovia, cintra); err != nil {
		return err
	}
	l, err := s.timing(borovia, "ALA/EX/1")
	if err != nil {
		return err
	}
	if l.did.Filing != (provision.ID{Origin: s.first.Origin, Index: s.first.Index}) {
		return fmt.Errorf("after the correction another act counts: %s", l.did.Filing)
	}
	s.out.say(fmt.Sprintf("The correction touches the fields %s; for all others the first lodging stands, also by Borovia's own reckoning.", strings.Join(a.Touches, " and ")),
		"Borovia: "+l.sentence, fmt.Sprintf("what counts is act %d of %s", l.did.Filing.Index, l.did.Filing.Origin))
	return nil
}

// short: a second exercise comes 20 days ahead where the text provides for 42.
func (s *story) short() error {
	s.out.title("A second exercise, 20 days ahead")
	v, err := s.example("cica/examples/two-brigade-exercise.json", 20)
	if err != nil {
		return err
	}
	v["designation"] = "Autumn Bridge 2"
	values, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ref, err := s.release(alatau, "desk-officer", "head-of-section", node.Request{Kind: act.Statement, Status: act.Exercise, To: four, Thread: "ALA/EX/2",
		Life: act.New, Measure: notification, Values: values, Language: "en", Post: "verification-centre"})
	if err != nil {
		return err
	}
	if err := s.delivered(ref, borovia, cintra); err != nil {
		return err
	}
	return s.lodged(borovia, "ALA/EX/2")
}

// invite: the second kind, an invitation to a meeting of people.
func (s *story) invite() error {
	s.out.title("Alatau invites the young musicians of the region")
	v, err := s.example("cica/examples/youth-orchestra.json", 90)
	if err != nil {
		return err
	}
	values, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ref, err := s.release(alatau, "desk-officer", "head-of-section", node.Request{Kind: act.Statement, Status: act.Exercise, To: four, Thread: "ALA/CULT/1",
		Life: act.New, Measure: "cica.hum.4", Values: values, Language: "en", Post: "verification-centre"})
	if err != nil {
		return err
	}
	if err := s.delivered(ref, borovia, cintra); err != nil {
		return err
	}
	s.out.say(fmt.Sprintf("%v: %v, %v places; sealed to the same four states.", v["title"], v["place"], v["places_offered"]), s.receiptLines(ref)...)
	return nil
}

// relayed: Dovania writes to Alatau; the two keep no link.
func (s *story) relayed() error {
	s.out.title("Dovania writes to Alatau, and the two keep no link")
	ref, err := s.release(dovania, "culture-desk", "deputy-minister", node.Request{Kind: act.Statement, Status: act.Exercise, To: []party.ID{alatau},
		Thread: "DOV/1", Life: act.New, Text: "Dovania proposes that both conservatories rehearse one work together.", Language: "en", Post: "cultural-exchange"})
	if err != nil {
		return err
	}
	if err := s.delivered(ref, alatau); err != nil {
		return err
	}
	got, err := s.node(alatau).Content(s.ctx, ref)
	if err != nil {
		return err
	}
	if _, err := s.node(secretariat).Content(s.ctx, ref); !errors.Is(err, node.ErrNoContent) {
		return fmt.Errorf("the secretariat was not kept from reading: %v", err)
	}
	rows, err := s.node(secretariat).List(s.ctx, docket.Filter{Thread: "DOV/1"})
	if err != nil || len(rows) == 0 {
		return errors.Join(err, errors.New("the secretariat does not hold the act that it passed on"))
	}
	s.relay = ref
	s.out.say("It went through the Secretariat, which holds the ciphertext, cannot open it, and cannot alter it: Dovania's own signed checkpoint covers it.",
		fmt.Sprintf("Alatau reads: %q", got.Body), "the Secretariat holds: "+short(rows[0].Sealed)+", "+node.ErrNoContent.Error())
	return nil
}

// prove: the proof file of the notification, verified by a separate process.
func (s *story) prove() error {
	s.out.title("Years later: the notice is proven offline")
	f, err := s.node(alatau).Prove(s.ctx, s.first, false)
	if err != nil {
		return err
	}
	b, err := f.Bytes()
	if err != nil {
		return err
	}
	s.proof = filepath.Join(s.dir, "notice.proof")
	if err := os.WriteFile(s.proof, b, 0o600); err != nil {
		return err
	}
	first, err := s.town.first.Bytes()
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.roster(), first, 0o600); err != nil {
		return err
	}
	text, err := s.opt.Verify(s.ctx, "verify", s.proof, "--roster", s.roster())
	if err != nil {
		return fmt.Errorf("detente verify: %w: %s", err, text)
	}
	s.out.say("Alatau exported a proof file; a separate detente verify, with the roster alone, says:", text)
	return nil
}

func (s *story) roster() string { return filepath.Join(s.dir, "roster.json") }
