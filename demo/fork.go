package demo

import (
	"fmt"
	"path/filepath"
	"time"

	"detente/act"
	"detente/node"
	"detente/party"
)

// fork: Dovania shows the Secretariat one version of its record and Cintra
// another. Two nodes with Dovania's own keys play it, as a dishonest ministry
// would.
func (s *story) fork() error {
	s.out.title("Dovania shows two versions of its record")
	house := s.town.houses[dovania]
	if err := house.stop(); err != nil {
		return err
	}
	twin, err := house.twin(filepath.Join(s.dir, "dovania-second"), []party.ID{alatau, borovia, secretariat, elbria})
	if err != nil {
		return err
	}
	if err := s.town.start(s.ctx, dovania); err != nil {
		return err
	}
	one, err := s.release(dovania, "culture-desk", "deputy-minister", s.promise("We will come to Cintra's festival."))
	if err != nil {
		return err
	}
	if err := twin.open(s.ctx); err != nil {
		return err
	}
	defer twin.stop()
	if err := twin.home.Node.Confirm(s.ctx); err != nil {
		return err
	}
	twin.run()
	other, err := s.twinSays(twin, "We never said that we would come.")
	if err != nil {
		return err
	}
	if one.Origin != other.Origin || one.Index != other.Index {
		return fmt.Errorf("the two versions do not meet: %s and %s", one, other)
	}
	s.out.say("To the Secretariat it says one thing, to Cintra another, at the same place of its record.",
		fmt.Sprintf("act %d of %s: leaf %s and leaf %s", one.Index, one.Origin, one.Leaf, other.Leaf))
	var files []string
	if err := s.until("the nodes compare what they hold", 25*time.Second, func() (bool, error) {
		for _, id := range []party.ID{secretariat, cintra} {
			if files, err = s.node(id).Evidence(); err != nil || len(files) == 0 {
				return false, err
			}
		}
		return true, nil
	}); err != nil {
		return err
	}
	s.out.say("The others compared what they hold, found both versions signed by Dovania's own keys, wrote the proof and lodged it; that record is frozen.", files...)
	text, err := s.opt.Verify(s.ctx, "verify", files[0], "--roster", s.roster())
	if err != nil {
		return fmt.Errorf("detente verify: %w: %s", err, text)
	}
	s.out.say("A separate detente verify says:", text)
	return nil
}

func (s *story) promise(text string) node.Request {
	return node.Request{Kind: act.Statement, Status: act.Exercise, To: []party.ID{alatau}, Thread: "DOV/2", Life: act.New, Text: text, Language: "en", Post: "cultural-exchange"}
}

// twinSays sends from the second home, by the same officers.
func (s *story) twinSays(twin *house, text string) (act.Ref, error) {
	first := s.town.houses[dovania]
	s.town.houses[dovania] = twin
	defer func() { s.town.houses[dovania] = first }()
	return s.release(dovania, "culture-desk", "deputy-minister", s.promise(text))
}
