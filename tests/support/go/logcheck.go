// Checks a tlog-tiles log with golang.org/x/mod/sumdb, the code that checks Go's own module checksums.
//
//	logcheck log DIR VKEY           the checkpoint is signed, and every entry is in the tree that it signs
//	logcheck grown DIR VKEY OLD     the tree begins with the one that the checkpoint OLD signs
//	logcheck proof PROOF VKEY ENTRY the entry is in the tree of the checkpoint in a tlog-proof file
//
// Prints what held; whatever does not is told on standard error, with exit code 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height, width = 8, 256

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path string) []byte {
	content, err := os.ReadFile(path)
	check(err)
	return content
}

// signed opens a checkpoint: a note of origin, size and root hash.
func signed(content []byte, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	check(err)
	opened, err := note.Open(content, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		check(errors.New("not a checkpoint of that log"))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

// tiles reads them as tlog-tiles names them: as Go does, without the height.
type tiles struct{ dir string }

func (t tiles) Height() int { return height }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for at, tile := range wanted {
		name := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		content, err := os.ReadFile(filepath.Join(t.dir, name))
		if err != nil {
			return nil, err
		}
		found[at] = content
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// entries reads the bundles of entries, each entry behind its length in two bytes.
func entries(dir string, size int64) [][]byte {
	var found [][]byte
	for first := int64(0); first < size; first += width {
		tile := tlog.Tile{H: height, L: 0, N: first / width, W: int(min(width, size-first))}
		name := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
		content := read(filepath.Join(dir, name))
		for len(content) > 0 {
			length := 2 + int(binary.BigEndian.Uint16(content))
			found = append(found, content[2:length])
			content = content[length:]
		}
	}
	return found
}

func min(one, other int64) int64 {
	if one < other {
		return one
	}
	return other
}

// hashes are those of a tree, made of its entries alone.
type hashes []tlog.Hash

func (all hashes) ReadHashes(wanted []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(wanted))
	for at, place := range wanted {
		found[at] = all[place]
	}
	return found, nil
}

// whole makes the tree again and compares every tile: TileHashReader alone does not look at all of them.
func whole(dir, vkey string) {
	tree := signed(read(filepath.Join(dir, "checkpoint")), vkey)
	all := entries(dir, tree.N)
	if int64(len(all)) != tree.N {
		check(fmt.Errorf("%d entries, and the tree has %d", len(all), tree.N))
	}
	var made hashes
	for at, entry := range all {
		more, err := tlog.StoredHashes(int64(at), entry, made)
		check(err)
		made = append(made, more...)
	}
	root, err := tlog.TreeHash(tree.N, made)
	check(err)
	if root != tree.Hash {
		check(errors.New("the entries are not the tree that was signed"))
	}
	there, wanted := tiles{dir}, tlog.NewTiles(height, 0, tree.N)
	for at, tile := range wanted {
		if at+1 < len(wanted) && wanted[at+1].L == tile.L && wanted[at+1].N == tile.N {
			continue // the same, wider: some versions name every width on the way
		}
		content, err := tlog.ReadTileData(tile, made)
		check(err)
		found, err := there.ReadTiles([]tlog.Tile{tile})
		check(err)
		if string(found[0]) != string(content) {
			check(fmt.Errorf("%s is not the hashes of the entries", tile.Path()))
		}
	}
	reader := tlog.TileHashReader(tree, there)
	for _, at := range []int64{0, tree.N / 2, tree.N - 1} {
		proof, err := tlog.ProveRecord(tree.N, at, reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, at, tlog.RecordHash(all[at])))
	}
	fmt.Println("entries", tree.N)
}

func grown(dir, vkey, old string) {
	tree, before := signed(read(filepath.Join(dir, "checkpoint")), vkey), signed(read(old), vkey)
	proof, err := tlog.ProveTree(tree.N, before.N, tlog.TileHashReader(tree, tiles{dir}))
	check(err)
	check(tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash))
	fmt.Println("grown", before.N, tree.N)
}

func proven(path, vkey, entry string) {
	head, rest, _ := strings.Cut(string(read(path)), "\n\n")
	lines := strings.Split(head, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		check(errors.New("not a tlog-proof"))
	}
	index, err := strconv.ParseInt(lines[1][len("index "):], 10, 64)
	check(err)
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		content, err := base64.StdEncoding.DecodeString(line)
		check(err)
		var hash tlog.Hash
		copy(hash[:], content)
		proof = append(proof, hash)
	}
	tree := signed([]byte(rest), vkey)
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(read(entry))))
	fmt.Println("proven", index, tree.N)
}

func main() {
	if len(os.Args) != 4 && len(os.Args) != 5 {
		check(errors.New("see the beginning of this file"))
	}
	switch os.Args[1] {
	case "log":
		whole(os.Args[2], os.Args[3])
	case "grown":
		grown(os.Args[2], os.Args[3], os.Args[4])
	case "proof":
		proven(os.Args[2], os.Args[3], os.Args[4])
	default:
		check(errors.New("no such action"))
	}
}
